import type { Duration, Instant } from '@mpquic/wire';

/** N, by which the pacing rate exceeds window per round trip. RFC 9002 §7.7 */
const RATE_FACTOR = 1.25;
/** In slow start the window doubles each round trip, and the rate with it. */
const SLOW_START_RATE_FACTOR = 2;
/** Packets that may always leave at once: no more than the initial window. RFC 9002 §7.7 */
const MINIMUM_BURST_PACKETS = 10;
/** A burst is at least what the rate gives in this time, so that coarse timers do not slow a path. */
const BURST_TIME: Duration = 2_000;
/** The wait is long enough to send so many packets as one run, where the rate reaches that. */
const RUN_PACKETS = 16;
const RUN_TIME: Duration = 1_000;

/**
 * A token bucket in front of one congestion window. RFC 9002 §7.7
 *
 * The first credit after a pause is a whole burst; then the bucket fills at the pacing rate. At rates
 * where packets are closer than the timer can tell, they leave in runs.
 */
export class Pacer {
  readonly #maxDatagramSize: number;
  #capacity: number;
  #credit: number;
  /** Octets per microsecond; Infinity until the first {@link update}. */
  #rate = Number.POSITIVE_INFINITY;
  #filledAt: Instant = Number.NEGATIVE_INFINITY;

  constructor(maxDatagramSize: number) {
    this.#maxDatagramSize = maxDatagramSize;
    this.#capacity = MINIMUM_BURST_PACKETS * maxDatagramSize;
    this.#credit = this.#capacity;
  }

  /** Octets per second. */
  get rate(): number {
    return this.#rate * 1_000_000;
  }

  /** To be called after window or RTT changed. */
  update(
    congestionWindow: number,
    smoothedRtt: Duration,
    inSlowStart: boolean,
    now: Instant,
  ): void {
    this.#fill(now);
    const factor = inSlowStart ? SLOW_START_RATE_FACTOR : RATE_FACTOR;
    this.#rate = (factor * congestionWindow) / Math.max(smoothedRtt, 1);
    this.#capacity = Math.max(
      MINIMUM_BURST_PACKETS * this.#maxDatagramSize,
      this.#rate * BURST_TIME,
    );
  }

  /** Octets that may leave now; 0 where not even one datagram may. */
  budget(now: Instant): number {
    this.#fill(now);
    return this.#credit >= this.#maxDatagramSize ? Math.floor(this.#credit) : 0;
  }

  /** In-flight octets only: ACKs are not paced. The credit may go below 0, by probes. */
  packetSent(size: number, now: Instant): void {
    this.#fill(now);
    this.#credit -= size;
  }

  /** When the next run may leave, where {@link budget} gave too little. */
  nextRelease(now: Instant): Instant {
    this.#fill(now);
    const wanted = Math.max(
      this.#maxDatagramSize,
      Math.min(RUN_PACKETS * this.#maxDatagramSize, this.#rate * RUN_TIME),
    );
    if (this.#credit >= this.#maxDatagramSize) return now;
    return now + Math.ceil((wanted - this.#credit) / this.#rate);
  }

  #fill(now: Instant): void {
    if (now <= this.#filledAt) return;
    const gained = (now - this.#filledAt) * this.#rate;
    this.#credit = Math.min(this.#capacity, this.#credit + gained);
    this.#filledAt = now;
  }
}
