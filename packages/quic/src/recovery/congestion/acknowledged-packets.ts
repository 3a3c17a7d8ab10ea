import { type Duration, FRACTION_START, type Instant, LARGE_COUNT_START } from '@mpquic/wire';

/**
 * Packets in flight that were sent at once and are acknowledged now. One object tells of all of them: times and fractions are
 * nothing that engines hand over as they are, so that each call with one would make an object.
 */
export interface AcknowledgedPackets {
  readonly count: number;
  /** Octets of UDP payload of each. */
  readonly size: number;
  readonly timeSent: Instant;
  readonly now: Instant;
  /** As of this acknowledgement. */
  readonly smoothedRtt: Duration;
}

export function createAcknowledgedPackets(): AcknowledgedPackets {
  return {
    count: 0,
    size: 0,
    timeSent: LARGE_COUNT_START,
    now: LARGE_COUNT_START,
    smoothedRtt: FRACTION_START,
  };
}
