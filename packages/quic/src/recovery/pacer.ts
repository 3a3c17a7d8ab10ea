import { type Duration, FRACTION_START, type Instant } from '@mpquic/wire';

/** N, by which the pacing rate exceeds window per round trip. RFC 9002 §7.7 */
const RATE_FACTOR = 1.25;
/** In slow start the window doubles each round trip, and the rate with it. */
const SLOW_START_RATE_FACTOR = 2;
/** Packets that may always leave at once: no more than the initial window. RFC 9002 §7.7 */
const MINIMUM_BURST_PACKETS = 10;
/** A burst is at least what the rate gives in this time, so that coarse timers do not slow a path. */
const BURST_TIME: Duration = 2_000;
/** A wait is long enough to send so many packets as one run, where the rate gives them within {@link RUN_TIME}. */
const RUN_PACKETS = 40;
const RUN_TIME: Duration = 1_000;

/**
 * A token bucket in front of one congestion window. RFC 9002 §7.7
 *
 * The first credit after a pause is a whole burst; then the bucket fills at the pacing rate. Once it is used up,
 * nothing leaves before there is credit for a run: otherwise whatever wakes the connection would send single
 * packets, which cost more than a run (RFC 9002 §7.7 leaves bursts of that kind to the sender).
 */
export class Pacer {
  #maxDatagramSize: number;
  #capacity: number = FRACTION_START;
  #credit: number = FRACTION_START;
  /** Octets per microsecond; Infinity until the first {@link update}. */
  #rate = Number.POSITIVE_INFINITY;
  #filledAt: Instant = Number.NEGATIVE_INFINITY;
  /** Whether the credit was used up, and has not reached that of a run since. */
  #waiting = false;

  constructor(maxDatagramSize: number) {
    this.#maxDatagramSize = maxDatagramSize;
    this.#capacity = MINIMUM_BURST_PACKETS * maxDatagramSize;
    this.#credit = this.#capacity;
  }

  /** Packets of the path have another largest size from now on. */
  setMaxDatagramSize(size: number): void {
    this.#maxDatagramSize = size;
    this.#capacity = Math.max(this.#capacity, MINIMUM_BURST_PACKETS * size);
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
    if (this.#waiting && this.#credit >= this.#run) this.#waiting = false;
    return this.#waiting ? 0 : Math.floor(this.#credit);
  }

  /** Packets of `size` octets that may leave now, before {@link budget} is 0. */
  packets(size: number, now: Instant): number {
    const budget = this.budget(now);
    return budget > 0 ? Math.max(1, Math.floor(budget / Math.max(size, this.#maxDatagramSize))) : 0;
  }

  /** In-flight octets only: ACKs are not paced. The credit may go below 0, by probes. */
  packetSent(size: number, now: Instant): void {
    this.#fill(now);
    this.#credit -= size;
    if (this.#credit < this.#maxDatagramSize) this.#waiting = true;
  }

  /** When the next run may leave, where {@link budget} gave too little. */
  nextRelease(now: Instant): Instant {
    if (this.budget(now) > 0) return now;
    return now + Math.max(1, Math.ceil((this.#run - this.#credit) / this.#rate));
  }

  /** Octets worth waiting for. */
  get #run(): number {
    const size = this.#maxDatagramSize;
    const run = Math.max(size, Math.min(RUN_PACKETS * size, this.#rate * RUN_TIME));
    return Math.min(run, this.#capacity);
  }

  #fill(now: Instant): void {
    if (now <= this.#filledAt) return;
    const gained = (now - this.#filledAt) * this.#rate;
    this.#credit = Math.min(this.#capacity, this.#credit + gained);
    this.#filledAt = now;
  }
}
