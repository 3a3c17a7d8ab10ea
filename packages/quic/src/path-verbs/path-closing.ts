import type { Instant } from '@mpquic/wire';
import { closeLocally } from '../close.ts';
import type { Path } from '../paths/path.ts';
import { Space } from '../recovery/loss-detection.ts';
import type { ConnectionState } from '../state.ts';
import { sendAgain } from '../transmit/delivery.ts';
import type { ControlFrame } from '../transmit/outbox.ts';
import { TransportErrorCode } from '../transport-error.ts';
import { announceConnectionIds } from './connection-id-exchange.ts';
import { retainForLatePackets } from './path-retention.ts';

/**
 * Closes a path ID for good: PATH_ABANDON goes out on another path, nothing more on this one.
 * Closing the only path closes the connection. MP-21 §3.4
 */
export function abandonPath(
  state: ConnectionState,
  pathId: number,
  code: number,
  by: 'local' | 'peer',
  now: Instant,
): void {
  if (state.paths.standing(pathId) === 'closed') return;
  const path = state.paths.get(pathId);
  if (path !== undefined && !hasOtherPath(state, path)) {
    closeLocally(state, TransportErrorCode.NO_VIABLE_PATH, 'the only path was abandoned', now);
    return;
  }
  state.outbox.removeWhere((frame) => isPointless(frame, pathId));
  state.outbox.push({ type: 'path_abandon', pathId, errorCode: code });
  state.paths.close(pathId);
  if (path === undefined) {
    state.localIds.removePath(pathId);
  } else {
    sendAgain(state, path.packets, Number.POSITIVE_INFINITY);
    path.state = 'abandoned';
    path.validation.abandon();
    path.candidate = undefined;
    path.probesOwed = 0;
    state.datagramsToSend.dropPath(pathId);
    state.events.push({ type: 'path_closed', pathId, by, code });
    state.observer?.pathUpdated?.(path.snapshot(), now);
  }
}

/** PATH_ABANDON of the peer: answered once, and state is kept for late packets. MP-21 §3.4 */
export function receivePathAbandon(
  state: ConnectionState,
  pathId: number,
  code: number,
  now: Instant,
): void {
  const wasClosed = state.paths.standing(pathId) === 'closed';
  const path = state.paths.get(pathId);
  if (wasClosed && (path === undefined || path.abandonedByPeer)) return;
  if (!wasClosed) abandonPath(state, pathId, code, 'peer', now);
  if (state.lifetime.phase !== 'open') return;
  if (path !== undefined) {
    path.abandonedByPeer = true;
    retainForLatePackets(state, path);
  }
  allowReplacement(state);
}

/** Control frames that wait, beyond which abandoned paths are not replaced. */
const REPLACEMENT_BACKLOG = 64;

/** One more path ID in place of one that is gone for good. MP-21 §3.4 */
function allowReplacement(state: ConnectionState): void {
  const { limits } = state.paths;
  // A peer that abandons path IDs faster than it acknowledges what that brings gets no more of them.
  if (limits === undefined || state.outbox.length > REPLACEMENT_BACKLOG) return;
  const maximum = limits.raiseLocal();
  state.outbox.removeWhere((frame) => frame.type === 'max_path_id');
  state.outbox.push({ type: 'max_path_id', maximum });
  announceConnectionIds(state);
}

/** The time to answer late packets is over: all state goes. MP-21 §3.4 */
export function deletePath(state: ConnectionState, path: Path, now: Instant): void {
  path.recovery.loss.discardSpace(Space.application, now);
  state.localIds.removePath(path.id);
  state.keys?.forgetPath(path.id);
  state.paths.delete(path);
}

/** Whether any path but this one can carry a packet, now or after its validation. */
export function hasOtherPath(state: ConnectionState, path: Path): boolean {
  return state.paths.list.some((other) => other !== path && other.sendable);
}

/** Frames about a path ID have no point once it is closed. */
function isPointless(frame: ControlFrame, pathId: number): boolean {
  if (frame.type === 'retire_connection_id') return pathId === 0;
  return 'pathId' in frame && frame.type !== 'path_abandon' && frame.pathId === pathId;
}
