import { Ecn } from '@mpquic/wire';

/** What an ACK frame reports. RFC 9000 §19.3.2 */
interface Counts {
  readonly ect0: number;
  readonly ect1: number;
  readonly ce: number;
}

/** Packets marked before the path has shown that it carries the marks. RFC 9000 §A.4 */
const TESTING_PACKETS = 10;

/**
 * Whether one network path carries ECN marks, one instance per packet number space. RFC 9000 §13.4.2
 *
 * The first packets are marked ECT(0); acknowledgements without counts, or with impossible ones, end
 * the marking for good.
 */
export class EcnValidation {
  #state: 'testing' | 'unknown' | 'capable' | 'failed' = 'testing';
  /** Marked packets of the packet number space, over all network paths. */
  #sent = 0;
  #testingSent = 0;
  #testingLost = 0;
  #ect0 = 0;
  #ect1 = 0;
  #ce = 0;

  /** `enabled`: whether the sockets set and read the marks. */
  constructor(enabled = true) {
    if (!enabled) this.#state = 'failed';
  }

  /**
   * The validation of another network path of the same packet number space: the counts go on, and
   * packets of the path before may still raise them. RFC 9000 §13.4.2.1
   */
  restarted(enabled: boolean): EcnValidation {
    const next = new EcnValidation(enabled);
    next.#sent = this.#sent;
    next.#ect0 = this.#ect0;
    next.#ect1 = this.#ect1;
    next.#ce = this.#ce;
    return next;
  }

  get state(): 'testing' | 'unknown' | 'capable' | 'failed' {
    return this.#state;
  }

  /** The mark of the next packet. */
  get mark(): Ecn {
    return this.#state === 'testing' || this.#state === 'capable' ? Ecn.ect0 : Ecn.notEct;
  }

  /** So many packets left with {@link mark} set. */
  markedPacketSent(count = 1): void {
    this.#sent += count;
    this.#testingSent += count;
    if (this.#state === 'testing' && this.#testingSent >= TESTING_PACKETS) this.#state = 'unknown';
  }

  /** A marked packet was lost; with all of the first ones lost, marks are what kills them. */
  markedPacketLost(): void {
    if (this.#state === 'capable' || this.#state === 'failed') return;
    this.#testingLost += 1;
    if (this.#testingLost >= TESTING_PACKETS) this.#state = 'failed';
  }

  /**
   * Takes the counts of an ACK that raised Largest Acknowledged and newly acknowledged
   * `newlyAcknowledged` marked packets. Returns whether CE rose, which is a congestion event.
   */
  acknowledged(newlyAcknowledged: number, counts: Counts | undefined): boolean {
    if (this.#state === 'failed' || (newlyAcknowledged === 0 && counts === undefined)) return false;
    if (counts === undefined) return this.#fail();
    const ect0 = counts.ect0 - this.#ect0;
    const ect1 = counts.ect1 - this.#ect1;
    const ce = counts.ce - this.#ce;
    const impossible = ect0 < 0 || ect1 < 0 || ce < 0 || counts.ect1 > 0;
    if (impossible || ect0 + ce < newlyAcknowledged || counts.ect0 + counts.ce > this.#sent) {
      return this.#fail();
    }
    this.#ect0 = counts.ect0;
    this.#ect1 = counts.ect1;
    this.#ce = counts.ce;
    if (newlyAcknowledged > 0) this.#state = 'capable';
    return ce > 0;
  }

  #fail(): false {
    this.#state = 'failed';
    return false;
  }
}
