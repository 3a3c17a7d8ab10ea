import type { Duration } from '@mpquic/wire';
import type { ConnectionState } from './state.ts';

/** The largest PTO of all open paths, without backoff. MP-21 §2.5, §2.6 */
export function largestProbeTimeout(state: ConnectionState): Duration {
  let largest = 0;
  for (const path of state.paths.list) largest = Math.max(largest, path.probeTimeout);
  return largest;
}
