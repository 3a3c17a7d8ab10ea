import { type Duration, FRACTION_START, type Instant } from '@mpquic/wire';

/** Assumed before the first sample. RFC 9002 §6.2.2 */
export const INITIAL_RTT: Duration = 333_000;

/** Granularity of the timers. RFC 9002 §6.1.2 */
const TIMER_GRANULARITY: Duration = 1_000;

/** Round-trip time of one network path. Times in microseconds. RFC 9002 §5 */
export class RttEstimator {
  #latest: Duration = 0;
  #smoothed: Duration = FRACTION_START;
  #variance: Duration = FRACTION_START;
  #minimum: Duration = 0;
  #firstSampleAt: Instant | undefined;
  #restartMinimum = true;

  constructor(initialRtt: Duration = INITIAL_RTT) {
    this.#smoothed = initialRtt;
    this.#variance = initialRtt / 2;
  }

  /** 0 before the first sample. */
  get latest(): Duration {
    return this.#latest;
  }

  get smoothed(): Duration {
    return this.#smoothed;
  }

  get variance(): Duration {
    return this.#variance;
  }

  /** 0 before the first sample. */
  get minimum(): Duration {
    return this.#minimum;
  }

  /** When the first sample was taken, or undefined. */
  get firstSampleAt(): Instant | undefined {
    return this.#firstSampleAt;
  }

  /**
   * Takes a sample: time since the largest acknowledged packet was sent. `ackDelay` is what the peer
   * reported, already capped to max_ack_delay where RFC 9002 §5.3 asks for it.
   */
  sample(latest: Duration, ackDelay: Duration, now: Instant): void {
    this.#latest = latest;
    if (this.#restartMinimum || latest < this.#minimum) {
      this.#minimum = latest;
      this.#restartMinimum = false;
    }
    if (this.#firstSampleAt === undefined) {
      this.#firstSampleAt = now;
      this.#smoothed = latest;
      this.#variance = latest / 2;
      return;
    }
    const adjusted = latest >= this.#minimum + ackDelay ? latest - ackDelay : latest;
    this.#variance = 0.75 * this.#variance + 0.25 * Math.abs(this.#smoothed - adjusted);
    this.#smoothed = 0.875 * this.#smoothed + 0.125 * adjusted;
  }

  /** The next sample becomes min_rtt: after persistent congestion, or when ACKs come another way. RFC 9002 §5.2, MP-21 §5.2 */
  restartMinimum(): void {
    this.#restartMinimum = true;
  }

  /** Probe timeout without backoff. RFC 9002 §6.2.1 */
  probeTimeout(maxAckDelay: Duration): Duration {
    const margin = Math.max(4 * this.#variance, TIMER_GRANULARITY);
    return Math.ceil(this.#smoothed + margin) + maxAckDelay;
  }

  /** How long after a packet was sent a later acknowledgement declares it lost. RFC 9002 §6.1.2 */
  lossDelay(): Duration {
    const delay = Math.ceil(1.125 * Math.max(this.#latest, this.#smoothed));
    return Math.max(delay, TIMER_GRANULARITY);
  }
}
