import type { PathScheduler, SchedulablePath } from '../paths/scheduler.ts';
import { type AccessOf, fastest, isAvailable, otherAccess, type SteeringAccess } from './access.ts';
import { PathQuality, type SteeringThresholds } from './path-quality.ts';

/**
 * Traffic over the high-priority access until that is congested, does not work, or exceeds the
 * thresholds; then over the other one as well. TS 23.501 §5.32.8. One instance serves one connection.
 */
export function priorityBasedScheduler(
  high: SteeringAccess,
  accessOf: AccessOf,
  thresholds?: SteeringThresholds,
): PathScheduler {
  const quality = new PathQuality(thresholds);
  const low = otherAccess(high);
  return {
    name: 'priority_based',
    steady: true,
    select(candidates, all) {
      const lowWorks = isAvailable(all, low, accessOf);
      const preferred = fastest(
        candidates,
        (path) => isHealthy(path) && accessOf(path) === high && (!lowWorks || quality.isGood(path)),
      );
      if (preferred >= 0) return preferred;
      const other = fastest(candidates, (path) => isHealthy(path) && accessOf(path) === low);
      if (other >= 0) return other;
      return all.some(isHealthy) ? -1 : fastest(candidates, () => true);
    },
  };
}

function isHealthy(path: SchedulablePath): boolean {
  return !path.suspect;
}
