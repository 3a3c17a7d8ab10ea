import { type Address, type Instant, UsageError } from '@mpquic/wire';
import type { PathStatus } from '../snapshots.ts';
import type { ConnectionState } from '../state.ts';
import { TransportError } from '../transport-error.ts';
import { announceConnectionIds } from './connection-id-exchange.ts';
import { availablePathId, notifyPathAvailable } from './path-availability.ts';
import { addPath, networkPath } from './path-factory.ts';
import { startValidation } from './path-validity.ts';

/**
 * Opens a path, as only clients may: with the lowest unused path ID for which both sides hold
 * connection IDs. Returns its ID, or undefined where limits or connection IDs stand against it.
 * MP-21 §3.1
 */
export function openPath(
  state: ConnectionState,
  local: Address,
  remote: Address,
  now: Instant,
): number | undefined {
  if (state.role === 'server') throw new UsageError('only clients open paths');
  if (state.paths.limits === undefined) throw new UsageError('multipath is not negotiated');
  if (!state.handshakeConfirmed) throw new UsageError('the handshake is not confirmed yet');
  const pathId = availablePathId(state);
  if (pathId === undefined) {
    askForPath(state);
    return undefined;
  }
  const path = addPath(state, pathId, networkPath(local, remote, true));
  path.peerIds.rotate();
  announceConnectionIds(state);
  startValidation(path, now);
  state.events.push({ type: 'path_opened', pathId });
  return pathId;
}

/** Tells the peer, once, what it is that keeps us from opening a path. MP-21 §4.7 */
function askForPath(state: ConnectionState): void {
  const { paths, outbox } = state;
  const { limits } = paths;
  if (limits === undefined) return;
  state.pathWanted = true;
  const pathId = paths.nextUnusedId();
  if (pathId === undefined) {
    if (limits.peer > limits.local || limits.blockedAt === limits.peer) return;
    limits.blockedAt = limits.peer;
    outbox.push({ type: 'paths_blocked', maximum: limits.peer });
    return;
  }
  const { peerIds } = paths.record(pathId);
  if (peerIds.hasSpare || peerIds.blockedReported) return;
  peerIds.blockedReported = true;
  outbox.push({ type: 'path_cids_blocked', pathId, nextSequenceNumber: peerIds.nextSequence });
}

/** MAX_PATH_ID. @throws {TransportError} PROTOCOL_VIOLATION. MP-21 §4.6 */
export function receiveMaxPathId(state: ConnectionState, maximum: number): void {
  const result = state.paths.limits?.receiveMaximum(maximum);
  if (result === 'invalid') throw new TransportError('PROTOCOL_VIOLATION', 'invalid MAX_PATH_ID');
  if (result !== 'raised') return;
  announceConnectionIds(state);
  notifyPathAvailable(state);
}

/** How this side wants a path to be used; also before it is opened. MP-21 §3.3 */
export function setPathStatus(state: ConnectionState, pathId: number, status: PathStatus): void {
  const { paths } = state;
  if (paths.limits === undefined) throw new UsageError('multipath is not negotiated');
  if (paths.standing(pathId) !== 'usable' || pathId > paths.limits.peer) {
    throw new UsageError(`path ${pathId} is closed, or above the limit`);
  }
  const type = status === 'backup' ? 'path_status_backup' : 'path_status_available';
  const sequenceNumber = paths.localStatus(pathId).set(status);
  state.outbox.push({ type, pathId, sequenceNumber });
}

/** PATH_STATUS_AVAILABLE or PATH_STATUS_BACKUP; an outdated one is ignored. MP-21 §4.3 */
export function receivePathStatus(
  state: ConnectionState,
  pathId: number,
  status: PathStatus,
  sequence: number,
): void {
  if (!state.paths.peerStatus(pathId).receive(status, sequence)) return;
  state.events.push({ type: 'path_status', pathId, status, by: 'peer' });
}
