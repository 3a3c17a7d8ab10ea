import type { ConnectionState } from '../state.ts';

/**
 * The next path ID that can be opened now. Our own connection IDs for it must have arrived, since the
 * peer cannot answer without one. MP-21 §3.1
 */
export function availablePathId(state: ConnectionState): number | undefined {
  const pathId = state.paths.nextUnusedId();
  if (pathId === undefined || !state.localIds.peerHolds(pathId)) return undefined;
  return state.paths.known(pathId)?.peerIds.hasSpare === true ? pathId : undefined;
}

/** Reports that a path can be opened after `openPath` found none. */
export function notifyPathAvailable(state: ConnectionState): void {
  if (!state.pathWanted || availablePathId(state) === undefined) return;
  state.pathWanted = false;
  state.events.push({ type: 'path_available' });
}
