import type { PathScheduler } from '../paths/scheduler.ts';
import { type AccessOf, fastest, isAvailable, type SteeringAccess } from './access.ts';

/**
 * All traffic over the active access while that works, else over the standby access. Without a standby,
 * traffic stops with the active access. TS 23.501 §5.32.8
 */
export function activeStandbyScheduler(
  active: SteeringAccess,
  standby: SteeringAccess | undefined,
  accessOf: AccessOf,
): PathScheduler {
  return {
    name: 'active_standby',
    steady: true,
    select(candidates, all) {
      const standbyWorks = standby !== undefined && isAvailable(all, standby, accessOf);
      const access = !isAvailable(all, active, accessOf) && standbyWorks ? standby : active;
      const healthy = fastest(candidates, (path) => !path.suspect && accessOf(path) === access);
      // With nothing that works, the active access is tried on.
      return healthy >= 0 || standbyWorks || isAvailable(all, active, accessOf)
        ? healthy
        : fastest(candidates, (path) => accessOf(path) === access);
    },
  };
}
