import { type Duration, Ecn, type Instant, RangeSet } from '@mpquic/wire';
import type { EcnCounts } from '../wire/frames.ts';
import type { Mutable } from '../wire/mutable.ts';

/** When acknowledgements are sent, and how much is remembered for them. */
export interface AckPolicy {
  /** This endpoint's max_ack_delay; 0 for the Initial and Handshake spaces. RFC 9000 §13.2.1 */
  readonly maxAckDelay: Duration;
  /** Ack-eliciting packets that are answered by one ACK. RFC 9000 §13.2.2 */
  readonly ackElicitingThreshold: number;
  /** Beyond, the lowest range is forgotten, and what lies below it counts as received. */
  readonly maxRanges: number;
}

/** Initial and Handshake packets are acknowledged at once. RFC 9000 §13.2.1 */
export const HANDSHAKE_ACK_POLICY: AckPolicy = {
  maxAckDelay: 0,
  ackElicitingThreshold: 1,
  maxRanges: 32,
};

export const APPLICATION_ACK_POLICY: AckPolicy = {
  maxAckDelay: 25_000,
  ackElicitingThreshold: 2,
  maxRanges: 128,
};

/**
 * The packets received in one packet number space: tells duplicates, and when to acknowledge.
 * RFC 9000 §13.2
 */
export class AckTracker {
  readonly #policy: AckPolicy;
  readonly #maxAckDelay: Duration;
  readonly #received: RangeSet = new RangeSet();
  /** Lower numbers count as received. RFC 9000 §13.2.3 */
  #floor = 0;
  #largest = -1;
  #largestAt: Instant = 0;
  #largestAckEliciting = -1;
  #unacknowledged = 0;
  #newSinceAck = false;
  #immediate = false;
  #deadline: Instant = Number.POSITIVE_INFINITY;
  /** Not there before the first packet with a mark. */
  #ecn: Mutable<EcnCounts> | undefined;

  /** @param maxAckDelay in place of the policy's */
  constructor(policy: AckPolicy, maxAckDelay: Duration = policy.maxAckDelay) {
    this.#policy = policy;
    this.#maxAckDelay = maxAckDelay;
  }

  /** What an ACK frame reports. */
  get received(): RangeSet {
    return this.#received;
  }

  /** -1 before the first packet: the base of packet number decoding. RFC 9000 §17.1 */
  get largestReceived(): number {
    return this.#largest;
  }

  /** ECN counts of this space, or undefined where no packet carried a mark. RFC 9000 §13.4.1 */
  get ecn(): EcnCounts | undefined {
    return this.#ecn;
  }

  /** Whether a packet came since the last ACK, so that a packet on its way may well carry one. */
  get hasNews(): boolean {
    return this.#newSinceAck;
  }

  /** When an ACK must leave; in the past for at once, Infinity for not at all. */
  get deadline(): Instant {
    return this.#deadline;
  }

  /** Whether an ACK must leave now. */
  isDue(now: Instant): boolean {
    return this.#deadline <= now;
  }

  /** Whether the packet was received before, or may have been. */
  isDuplicate(number: number): boolean {
    if (number > this.#largest) return false;
    return number < this.#floor || this.#received.has(number);
  }

  /**
   * Notes a packet that was opened and is no duplicate. `eager`: an ack-eliciting one is answered at
   * once, which a receiver may always do. RFC 9000 §13.2.2
   */
  packetReceived(
    number: number,
    ackEliciting: boolean,
    now: Instant,
    ecn: Ecn = Ecn.notEct,
    eager = false,
  ): void {
    if (ecn !== Ecn.notEct) this.#countEcn(ecn);
    if (ackEliciting) this.#elicit(number, now, ecn, eager);
    this.#received.add(number);
    this.#newSinceAck = true;
    if (number > this.#largest) {
      this.#largest = number;
      this.#largestAt = now;
    }
    this.#limitRanges();
  }

  /**
   * As {@link packetReceived} for each of the ack-eliciting packets `first` to `last`, which came together: above all
   * that came before. `eager` as it is for the first of them.
   */
  runReceived(first: number, last: number, now: Instant, ecn: Ecn, eager: boolean): void {
    const count = last - first + 1;
    if (ecn !== Ecn.notEct) this.#countEcn(ecn, count);
    this.#elicit(first, now, ecn, eager, count);
    this.#largestAckEliciting = last;
    this.#received.add(first, last);
    this.#newSinceAck = true;
    this.#largest = last;
    this.#largestAt = now;
    this.#limitRanges();
  }

  /** ACK Delay of an ACK that leaves now. RFC 9000 §13.2.5 */
  ackDelay(now: Instant): Duration {
    return Math.max(0, now - this.#largestAt);
  }

  /** An ACK frame with all ranges, or the highest that fit, is on its way. */
  ackSent(): void {
    this.#unacknowledged = 0;
    this.#newSinceAck = false;
    this.#immediate = false;
    this.#deadline = Number.POSITIVE_INFINITY;
  }

  /**
   * The peer acknowledged a packet with our ACK up to `largestAcknowledged`: what is below need not be
   * reported again. RFC 9000 §13.2.4
   */
  ackAcknowledged(largestAcknowledged: number): void {
    if (largestAcknowledged < this.#floor) return;
    this.#received.remove(this.#floor, largestAcknowledged);
    this.#floor = largestAcknowledged + 1;
  }

  #limitRanges(): void {
    if (this.#received.size <= this.#policy.maxRanges) return;
    this.#floor = this.#received.last(0) + 1;
    this.#received.removeLowestRange();
  }

  /** `count` packets, of which `number` is the first. */
  #elicit(number: number, now: Instant, ecn: Ecn, eager: boolean, count = 1): void {
    this.#unacknowledged += count;
    if (
      eager ||
      this.#unacknowledged >= this.#policy.ackElicitingThreshold ||
      ecn === Ecn.ce ||
      this.#isOutOfOrder(number)
    ) {
      this.#immediate = true;
      this.#deadline = now;
    } else if (!this.#immediate) {
      this.#deadline = Math.min(this.#deadline, now + this.#maxAckDelay);
    }
    if (number > this.#largestAckEliciting) this.#largestAckEliciting = number;
  }

  /** Behind another ack-eliciting packet, or beyond a gap behind the last one. RFC 9000 §13.2.1 */
  #isOutOfOrder(number: number): boolean {
    if (number < this.#largestAckEliciting) return true;
    const first = Math.max(this.#largestAckEliciting + 1, this.#floor);
    return first < number && !this.#received.covers(first, number - 1);
  }

  #countEcn(ecn: Ecn, count = 1): void {
    this.#ecn ??= { ect0: 0, ect1: 0, ce: 0 };
    if (ecn === Ecn.ect0) this.#ecn.ect0 += count;
    else if (ecn === Ecn.ect1) this.#ecn.ect1 += count;
    else this.#ecn.ce += count;
  }
}
