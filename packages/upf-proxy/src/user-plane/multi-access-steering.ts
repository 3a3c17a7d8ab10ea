import { type CreateMar, PfcpPriority, PfcpSteeringMode } from '@mpquic/pfcp';
import type { Steering, SteeringAccess, SteeringThresholds } from '@mpquic/quic';

/** A steering mode and its bounds. */
export interface BoundedSteering {
  readonly steering: Steering;
  readonly thresholds: SteeringThresholds;
}

/** A multi-access rule as a steering mode. TS 29.244 §8.2.145 to §8.2.147 */
export function steeringOf(mar: CreateMar): BoundedSteering {
  const { rtt, packetLossRate } = mar.thresholds ?? {};
  const thresholds = {
    ...(rtt === undefined ? {} : { maximumRtt: rtt }),
    ...(packetLossRate === undefined ? {} : { maximumLossRate: packetLossRate }),
  };
  return { steering: modeOf(mar), thresholds };
}

function modeOf(mar: CreateMar): Steering {
  const { access3gpp, accessNon3gpp, steeringModeIndicator = [] } = mar;
  switch (mar.steeringMode) {
    case PfcpSteeringMode.activeStandby:
      return activeStandby(mar);
    case PfcpSteeringMode.loadBalancing: {
      const weight = access3gpp?.weight;
      const free = weight === undefined || steeringModeIndicator.includes('autonomousLoadBalance');
      return {
        type: 'loadBalancing',
        ...(free ? {} : { sharePercent3gpp: Math.min(100, weight) }),
      };
    }
    case PfcpSteeringMode.priorityBased:
      return {
        type: 'priorityBased',
        high: accessNon3gpp?.priority === PfcpPriority.high ? 'non-3gpp' : '3gpp',
      };
    case PfcpSteeringMode.redundant: {
      const primary = primaryOf(mar);
      return { type: 'redundant', ...(primary === undefined ? {} : { primary }) };
    }
    default:
      return { type: 'smallestDelay' };
  }
}

function activeStandby({ access3gpp, accessNon3gpp }: CreateMar): Steering {
  const active: SteeringAccess =
    accessNon3gpp?.priority === PfcpPriority.active ? 'non-3gpp' : '3gpp';
  const other = active === '3gpp' ? accessNon3gpp : access3gpp;
  const standby: SteeringAccess = active === '3gpp' ? 'non-3gpp' : '3gpp';
  const hasStandby = other?.priority === PfcpPriority.standby;
  return { type: 'activeStandby', active, ...(hasStandby ? { standby } : {}) };
}

/** The primary access of redundant steering is the one of high priority: a testbed reading. */
function primaryOf({ access3gpp, accessNon3gpp }: CreateMar): SteeringAccess | undefined {
  if (access3gpp?.priority === PfcpPriority.high) return '3gpp';
  return accessNon3gpp?.priority === PfcpPriority.high ? 'non-3gpp' : undefined;
}
