import type { PathScheduler, SchedulablePath } from '../paths/scheduler.ts';
import { fastest } from './access.ts';

/** How much faster another path must be to be preferred: traffic does not swing between equals. */
const ADVANTAGE = 7 / 8;

/**
 * All traffic over the path of least RTT: it waits there rather than take a slower one.
 * TS 23.501 §5.32.8. One instance serves one connection.
 */
export function smallestDelayScheduler(): PathScheduler {
  let current = -1;
  return {
    name: 'smallest_delay',
    steady: true,
    select(candidates, all) {
      const healthy = fastest(all, (path) => !path.suspect);
      const best = all[healthy >= 0 ? healthy : fastest(all, () => true)];
      if (best === undefined) return -1;
      const kept = all.find((path) => path.id === current);
      if (!keeps(kept, best)) current = best.id;
      return candidates.findIndex((path) => path.id === current);
    },
  };
}

function keeps(kept: SchedulablePath | undefined, best: SchedulablePath): boolean {
  if (kept === undefined || (kept.suspect && !best.suspect)) return false;
  return best.smoothedRtt > kept.smoothedRtt * ADVANTAGE;
}
