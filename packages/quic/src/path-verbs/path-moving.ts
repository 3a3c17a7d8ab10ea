import { type Address, type Datagram, type Instant, sameAddress, UsageError } from '@mpquic/wire';
import type { NetworkPath, Path } from '../paths/path.ts';
import { PathCandidate } from '../paths/path-candidate.ts';
import { INITIAL_RTT } from '../recovery/rtt.ts';
import type { ConnectionState } from '../state.ts';
import { announceConnectionIds, queueRetirements } from './connection-id-exchange.ts';
import { createRecovery, networkPath } from './path-factory.ts';
import { restartMtuDiscovery } from './path-mtu.ts';
import { issueToken } from './token-issuing.ts';

/**
 * A client moves a path to another local address, or to the preferred address of its server: it asks
 * there first, and sends on where it is until the answer comes. The path keeps its ID. False where the
 * peer left no connection ID for it. RFC 9000 §9.2, §9.6, MP-21 §3.1.2
 * @throws {UsageError} where migration is not allowed
 */
export function migratePath(
  state: ConnectionState,
  path: Path,
  local: Address,
  remote: Address,
  now: Instant,
): boolean {
  if (state.role === 'server') throw new UsageError('only clients migrate');
  if (!state.handshakeConfirmed) throw new UsageError('the handshake is not confirmed yet');
  if (path.isAt(local, remote)) throw new UsageError('the path is there already');
  const isPreferred = isPreferredAddress(state, remote);
  // RFC 9000 §18.2: the parameter says nothing about the preferred address.
  if (state.peer?.disableActiveMigration === true && !isPreferred) {
    throw new UsageError('the peer does not allow migration');
  }
  if (!isPreferred && !sameAddress(remote, path.network.remote)) {
    throw new UsageError('a server has no other address than its preferred one');
  }
  const id = path.peerIds.reserve();
  if (id === undefined) return false;
  dropCandidate(state, path);
  path.candidate = new PathCandidate(networkPath(local, remote, true), id, true);
  startAsking(path, path.candidate, now);
  return true;
}

function isPreferredAddress({ preferred }: ConnectionState, remote: Address): boolean {
  return [preferred?.ipv4, preferred?.ipv6].some(
    (address) => address !== undefined && sameAddress(address, remote),
  );
}

/**
 * A packet came from, or to, an address that its path does not have: a server asks there too, so that
 * it knows when the client moves. RFC 9000 §9.6.2, §9.6.3
 * @param wanted whether the packet was a non-probing one
 */
export function considerCandidate(
  state: ConnectionState,
  path: Path,
  { local, remote, payload }: Datagram,
  wanted: boolean,
  now: Instant,
): void {
  const { candidate } = path;
  if (candidate?.isAt(local, remote) === true) {
    candidate.wanted ||= wanted;
    if (candidate.wanted && candidate.validated) moveToCandidate(state, path, candidate, now);
    return;
  }
  // One at a time: what is being asked is let come to its end.
  if (candidate?.validation.running === true) return;
  dropCandidate(state, path);
  const network = networkPath(local, remote, false);
  network.amplification.datagramReceived(payload.length);
  path.candidate = new PathCandidate(network, path.peerIds.reserve(), wanted);
  startAsking(path, path.candidate, now);
}

/** RFC 9000 §8.2.1, §8.2.4: by the round trip time of a path that nothing is known of. */
function startAsking(path: Path, { validation }: PathCandidate, now: Instant): void {
  const interval = 3 * INITIAL_RTT;
  validation.start(now, interval, 3 * Math.max(interval, path.probeTimeout));
}

/** Whether a PATH_RESPONSE answers a challenge to a candidate. RFC 9000 §8.2.3 */
export function candidateAnswered(
  state: ConnectionState,
  path: Path,
  data: Uint8Array,
  now: Instant,
): boolean {
  const { candidate } = path;
  if (candidate === undefined) return false;
  const result = candidate.validation.receiveResponse(data);
  if (result === 'unknown') return false;
  candidate.validated = true;
  candidate.mtuValidated = result === 'address_and_mtu';
  candidate.network.amplification.lift();
  if (candidate.wanted) moveToCandidate(state, path, candidate, now);
  return true;
}

/** Nobody answered there: the path stays where it is. RFC 9000 §9.3.2, §9.6.1 */
export function candidateFailed(state: ConnectionState, path: Path): void {
  const wanted = path.candidate?.wanted === true;
  dropCandidate(state, path);
  if (wanted) state.events.push({ type: 'path_migration_failed', pathId: path.id });
}

/**
 * The peer moved before its new address was known to work: the path goes on with the connection ID that
 * packets there carried. Returns the candidate's 4-tuple, if it is that one. RFC 9000 §9.5
 */
export function takeCandidate(
  state: ConnectionState,
  path: Path,
  local: Address,
  remote: Address,
): NetworkPath | undefined {
  const { candidate } = path;
  if (candidate?.isAt(local, remote) === true && candidate.id !== undefined) {
    path.peerIds.move(candidate.id);
  }
  dropCandidate(state, path);
  return candidate?.isAt(local, remote) === true ? candidate.network : undefined;
}

/** Its connection ID was seen on another path of the network and is of no use any more. RFC 9000 §9.5 */
export function dropCandidate(state: ConnectionState, path: Path): void {
  const { candidate } = path;
  path.candidate = undefined;
  if (candidate?.id === undefined) return;
  path.peerIds.drop(candidate.id);
  queueRetirements(state, path.id);
}

/** From now on the path is there. RFC 9000 §9.2 */
function moveToCandidate(
  state: ConnectionState,
  path: Path,
  candidate: PathCandidate,
  now: Instant,
): void {
  const left = path.network;
  path.network = candidate.network;
  path.leftRemote = left.remote;
  path.previous = undefined;
  path.peerIds.stay();
  path.candidate = undefined;
  candidate.validation.stop();
  path.validation.stop();
  if (candidate.id === undefined || !path.peerIds.adopt(candidate.id)) path.peerIds.rotate();
  queueRetirements(state, path.id);
  announceConnectionIds(state);
  restartRecovery(state, path, left, now);
  path.mtuValidated = candidate.mtuValidated;
  path.state = 'active';
  // RFC 9000 §9.2: what tells a server that its client moved is a non-probing packet.
  if (state.role === 'client') path.pingOwed = true;
  issueToken(state, path.network.remote, now);
  state.events.push({ type: 'path_migrated', pathId: path.id });
  state.events.push({ type: 'path_validated', pathId: path.id });
  state.observer?.pathUpdated?.(path.snapshot(), now);
}

/**
 * Another network path has another round trip time and another bottleneck; a new port alone is most
 * likely the same one behind a NAT. What is in flight stays so until it is acknowledged or lost.
 * RFC 9000 §9.4
 */
export function restartRecovery(
  state: ConnectionState,
  path: Path,
  left: Path['network'],
  now: Instant,
): void {
  const { local, remote } = path.network;
  if (left.remote.host === remote.host && left.local.host === local.host) return;
  const inFlight = path.bytesInFlight;
  path.recovery = createRecovery(state, path, path.recovery);
  path.ecnMarks.restart(path.packets.nextNumber);
  path.recovery.congestion.packetSent(inFlight, now);
  restartMtuDiscovery(state, path);
}
