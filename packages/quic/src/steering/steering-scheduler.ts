import type { PathScheduler } from '../paths/scheduler.ts';
import type { AccessOf, SteeringAccess } from './access.ts';
import { activeStandbyScheduler } from './active-standby.ts';
import { autonomousSplitScheduler, fixedSplitScheduler } from './load-balancing.ts';
import type { SteeringThresholds } from './path-quality.ts';
import { priorityBasedScheduler } from './priority-based.ts';
import { redundantScheduler } from './redundant.ts';
import { smallestDelayScheduler } from './smallest-delay.ts';

/** How traffic is spread over the accesses, as ATSSS and N4 rules say. TS 23.501 §5.32.8 */
export type Steering =
  | {
      readonly type: 'activeStandby';
      readonly active: SteeringAccess;
      readonly standby?: SteeringAccess;
    }
  | { readonly type: 'smallestDelay' }
  /** Without a share, each access takes what it has room for. */
  | { readonly type: 'loadBalancing'; readonly sharePercent3gpp?: number }
  | { readonly type: 'priorityBased'; readonly high: SteeringAccess }
  | { readonly type: 'redundant'; readonly primary?: SteeringAccess };

/** A scheduler for one connection that does what the steering mode says. */
export function steeringScheduler(
  steering: Steering,
  accessOf: AccessOf,
  thresholds?: SteeringThresholds,
): PathScheduler {
  switch (steering.type) {
    case 'activeStandby':
      return activeStandbyScheduler(steering.active, steering.standby, accessOf);
    case 'smallestDelay':
      return smallestDelayScheduler();
    case 'loadBalancing':
      return steering.sharePercent3gpp === undefined
        ? autonomousSplitScheduler(thresholds)
        : fixedSplitScheduler(steering.sharePercent3gpp, accessOf, thresholds);
    case 'priorityBased':
      return priorityBasedScheduler(steering.high, accessOf, thresholds);
    case 'redundant':
      return redundantScheduler(steering.primary, accessOf, thresholds);
  }
}
