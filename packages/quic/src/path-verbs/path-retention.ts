import type { Path } from '../paths/path.ts';
import { largestProbeTimeout } from '../probe-timeouts.ts';
import type { ConnectionState } from '../state.ts';

/**
 * The peer knows that a path is abandoned, and sends nothing more on it: state is kept for what is still on its way. Without
 * it, a packet of a peer that does not know would be answered by a stateless reset, which ends its connection. MP-21 §3.4
 */
export function retainForLatePackets(state: ConnectionState, path: Path): void {
  path.deleteAt = state.now + 3 * largestProbeTimeout(state);
}
