import { minimumRttScheduler, type PathScheduler } from '../paths/scheduler.ts';
import { type AccessOf, fastest, isAvailable, type SteeringAccess } from './access.ts';
import { PathQuality, type SteeringThresholds } from './path-quality.ts';

/**
 * Every datagram over both accesses. With a primary access and thresholds: over the primary one alone
 * while that keeps within them. Streams, which lose nothing, go once. TS 23.501 §5.32.8
 */
export function redundantScheduler(
  primary: SteeringAccess | undefined,
  accessOf: AccessOf,
  thresholds?: SteeringThresholds,
): PathScheduler {
  const quality = new PathQuality(thresholds);
  return {
    name: 'redundant',
    select(candidates, all, now) {
      if (primary === undefined || !isAvailable(all, primary, accessOf)) {
        return minimumRttScheduler.select(candidates, all, now);
      }
      return fastest(candidates, (path) => !path.suspect && accessOf(path) === primary);
    },
    duplicates(paths) {
      if (primary === undefined || !quality.bounded) return true;
      const best = paths[fastest(paths, (path) => accessOf(path) === primary)];
      return best === undefined || !quality.isGood(best);
    },
  };
}
