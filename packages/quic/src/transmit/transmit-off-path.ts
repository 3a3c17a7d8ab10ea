import { type Instant, sameAddress, type Transmit } from '@mpquic/wire';
import { networkPath } from '../path-verbs/path-factory.ts';
import type { NetworkPath, Path } from '../paths/path.ts';
import type { PathCandidate } from '../paths/path-candidate.ts';
import type { RemoteConnectionId } from '../paths/remote-connection-ids.ts';
import type { ConnectionState } from '../state.ts';
import type { PlainControlFrame } from './outbox.ts';
import { beginShortPacket, finishTransmit, packetSent, sealOne } from './packet-sending.ts';

/** RFC 9000 §8.2.1, §8.2.2: datagrams of path validation have at least so many octets. */
const VALIDATION_DATAGRAM = 1200;

/** A packet with one PATH_RESPONSE or PATH_CHALLENGE. */
const LEAST_DATAGRAM = 64;

/**
 * One datagram for an address that is not its path's own: a PATH_RESPONSE goes where its challenge
 * came from (RFC 9000 §8.2.2), a PATH_CHALLENGE asks at the address before a migration (§9.3.3), or
 * at the one that a path may move to (§9.1).
 */
export function transmitOffPath(state: ConnectionState, now: Instant, into: Transmit): boolean {
  if (state.keys?.sealer === undefined) return false;
  const { list } = state.paths;
  for (let i = 0; i < list.length; i++) {
    const path = list[i] as Path;
    if (!path.sendable) continue;
    const response = path.validation.owedResponse;
    if (response !== undefined && !path.isAt(response.local, response.remote)) {
      path.validation.responseSent();
      const network = networkPath(response.local, response.remote, true);
      const frame: PlainControlFrame = { type: 'path_response', data: response.data };
      const id = idFor(path, response);
      return sendAlone(state, path, network, frame, response.limit, now, into, id?.bytes);
    }
    if (path.candidate !== undefined && askCandidate(state, path, path.candidate, now, into)) {
      return true;
    }
    if (path.previous === undefined) continue;
    const data = path.validation.takePreviousChallenge();
    if (data === undefined) continue;
    const { allowance } = path.previous.amplification;
    const frame: PlainControlFrame = { type: 'path_challenge', data };
    const { left } = path.peerIds;
    return sendAlone(state, path, path.previous, frame, allowance, now, into, left?.bytes);
  }
  return false;
}

/** The connection ID that belongs to another address than the path's; undefined for the path's own. RFC 9000 §9.5 */
function idFor(
  { candidate, previous, peerIds }: Path,
  { local, remote }: Pick<NetworkPath, 'local' | 'remote'>,
): RemoteConnectionId | undefined {
  if (candidate?.isAt(local, remote) === true) return candidate.id;
  const isPrevious =
    previous !== undefined &&
    sameAddress(previous.local, local) &&
    sameAddress(previous.remote, remote);
  return isPrevious ? peerIds.left : undefined;
}

/** RFC 9000 §8.2.1, §9.1 */
function askCandidate(
  state: ConnectionState,
  path: Path,
  { network, validation, id }: PathCandidate,
  now: Instant,
  into: Transmit,
): boolean {
  const { allowance } = network.amplification;
  if (!validation.challengeDue(now) || allowance < LEAST_DATAGRAM) return false;
  const data = validation.nextChallenge(now, state.random, allowance >= VALIDATION_DATAGRAM);
  const frame: PlainControlFrame = { type: 'path_challenge', data };
  return sendAlone(state, path, network, frame, allowance, now, into, id?.bytes);
}

function sendAlone(
  state: ConnectionState,
  path: Path,
  network: NetworkPath,
  frame: PlainControlFrame,
  limit: number,
  now: Instant,
  into: Transmit,
  destination?: Uint8Array,
): boolean {
  const length = Math.min(VALIDATION_DATAGRAM, limit);
  if (length < LEAST_DATAGRAM) return false;
  const end = into.start + length;
  const draft = beginShortPacket(state, path, into, into.start, end, destination);
  draft.write(frame);
  draft.padTo(length);
  const size = draft.finish(state.environment.workspace.sealTable, 0, path.id);
  const first = draft.packetNumber;
  sealOne(state, state.keys?.sealer, into);
  state.keys?.sealed(path.id, first, 1);
  path.ecnMarks.unmarked(first);
  packetSent(state, path, path.packets, draft, size, now);
  finishTransmit(state, path, network, into, size, size, 1);
  return true;
}
