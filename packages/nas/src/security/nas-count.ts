/** The first value of a 24-bit NAS COUNT that does not exist. TS 33.501 §6.4.3.1 */
export const NAS_COUNT_LIMIT: number = 2 ** 24;

/** Messages left in one direction below which a new K_AMF is to be taken into use. TS 24.501 §4.4.3.5 */
export const NAS_COUNT_RESERVE = 256;

/** A NAS COUNT is used up; the K_AMF must be replaced before more is sent. */
export class NasCountExhausted extends Error {
  readonly code = 'NAS_COUNT_EXHAUSTED';
  override readonly name = 'NasCountExhausted';
}

/** The pair of NAS COUNTs of one access. They start at 0 with a new K_AMF and are never reset under it. */
export class NasCounts {
  #nextSent: number;
  #lastReceived: number;

  /** @param lastReceived -1 where nothing was received yet */
  constructor(nextSent = 0, lastReceived = -1) {
    this.#nextSent = nextSent;
    this.#lastReceived = lastReceived;
  }

  /** COUNT of the next message sent. */
  get nextSent(): number {
    return this.#nextSent;
  }

  /** COUNT of the last message accepted, or `undefined`. */
  get lastReceived(): number | undefined {
    return this.#lastReceived < 0 ? undefined : this.#lastReceived;
  }

  /** Takes the COUNT of a message to send. @throws {NasCountExhausted} */
  takeSent(): number {
    if (this.#nextSent >= NAS_COUNT_LIMIT) throw new NasCountExhausted('take a new K_AMF into use');
    this.#nextSent += 1;
    return this.#nextSent - 1;
  }

  /**
   * The COUNT that a received sequence number stands for: the lowest above the last accepted one
   * (TS 24.501 §4.4.3.1). It may be {@link NAS_COUNT_LIMIT} or more, which no sender can mean.
   */
  estimateReceived(sequenceNumber: number): number {
    const next = this.#lastReceived + 1;
    const behind = (sequenceNumber - next) & 0xff;
    return next + behind;
  }

  /**
   * The COUNT nearest to the last accepted one, older ones included: for NIA0, under which replay
   * protection is not active (TS 33.501 D.1).
   */
  nearestReceived(sequenceNumber: number): number {
    const above = this.estimateReceived(sequenceNumber);
    const below = above - 256;
    return below >= 0 && above - this.#lastReceived > 128 ? below : above;
  }

  /** Records `count` as accepted, so that neither it nor an older one is accepted again. */
  accept(count: number): void {
    if (count > this.#lastReceived) this.#lastReceived = count;
  }

  /** Whether either direction has come to `count`; unless told otherwise, near the end of all COUNTs. */
  reached(count: number = NAS_COUNT_LIMIT - NAS_COUNT_RESERVE): boolean {
    return Math.max(this.#nextSent, this.#lastReceived + 1) >= count;
  }
}
