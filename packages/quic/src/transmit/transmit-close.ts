import type { Instant, Transmit } from '@mpquic/wire';
import { closed, closeFrame, release } from '../close.ts';
import type { CloseReason } from '../connection-event.ts';
import { type ClosePacket, CloseReplies } from '../lifetime.ts';
import type { Path } from '../paths/path.ts';
import type { ConnectionState, HandshakeSpace } from '../state.ts';
import { writeCrypto } from './crypto-writing.ts';
import { beginLongPacket, beginShortPacket, sealOne } from './packet-sending.ts';

/** RFC 9000 §14.1, for datagrams with a client's Initial. */
const INITIAL_DATAGRAM = 1200;

const LEAST_PACKET = 64;

/**
 * Builds CONNECTION_CLOSE for every open path, so that it arrives though some are broken, and lets go
 * of all keys: from now on the same packets are sent again. RFC 9000 §10.2.1, MP-21 §2.6
 */
export function buildClosePackets(state: ConnectionState, into: Transmit, now: Instant): void {
  if (state.lifetime.phase !== 'close_pending') return;
  const { reason, until } = state.lifetime;
  const packets: ClosePacket[] = [];
  for (const path of state.paths.list) {
    if (path.state === 'abandoned') continue;
    const length = buildDatagram(state, path, reason, into);
    if (length === 0) continue;
    const { local, remote } = path.network;
    const bytes = into.buffer.slice(into.start, into.start + length);
    packets.push({ pathId: path.id, local, remote, bytes });
    path.network.amplification.datagramSent(length);
  }
  release(state);
  if (packets.length === 0 && now >= until) closed(state, reason);
  else state.lifetime = { phase: 'closing', reason, until, replies: new CloseReplies(packets) };
}

/**
 * One datagram with the frame in packets of every level that the peer may have keys for. Returns its
 * length. RFC 9000 §10.2.3
 */
function buildDatagram(
  state: ConnectionState,
  path: Path,
  reason: CloseReason,
  into: Transmit,
): number {
  const { start } = into;
  const end = start + Math.min(INITIAL_DATAGRAM, path.network.amplification.allowance);
  let at = start;
  const spaces = path.id === 0 ? openSpaces(state) : NO_SPACES;
  const oneRtt = state.keys?.sealer !== undefined && path.peerIds.current !== undefined;
  const pads = state.role === 'client' && spaces[0]?.level === 'initial';
  for (const [index, space] of spaces.entries()) {
    if (end - at < LEAST_PACKET) break;
    const draft = beginLongPacket(state, path, space, into, at, end);
    if (owesFinished(state, space)) writeCrypto(space.crypto, space.level, draft);
    else draft.write(closeFrame(reason, false));
    if (pads && !oneRtt && index === spaces.length - 1) draft.padTo(end - at);
    at += draft.finish(state.environment.workspace.sealTable, 0, 0);
    sealOne(state, space.keys.sealer, into);
  }
  if (oneRtt && end - at >= LEAST_PACKET) {
    const draft = beginShortPacket(state, path, into, at, end);
    draft.write(closeFrame(reason, true));
    if (pads) draft.padTo(end - at);
    at += draft.finish(state.environment.workspace.sealTable, 0, path.id);
    sealOne(state, state.keys?.sealer, into);
  }
  return at - start;
}

/** A client's last message, without which the peer could not open the 1-RTT packet that closes. */
function owesFinished(state: ConnectionState, space: HandshakeSpace): boolean {
  return state.handshakeComplete && space.crypto.hasFrame;
}

/**
 * Before the handshake is confirmed, the peer may lack the keys of the later levels; but once it is complete,
 * those of Handshake packets are there.
 */
function openSpaces(state: ConnectionState): readonly HandshakeSpace[] {
  const { handshake, handshakeComplete } = state;
  if (handshake === undefined) return NO_SPACES;
  return [handshakeComplete ? undefined : handshake.initial, handshake.handshake].filter(
    (space): space is HandshakeSpace => space?.keys.sealer !== undefined,
  );
}

const NO_SPACES: readonly HandshakeSpace[] = [];
