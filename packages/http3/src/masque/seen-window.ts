/**
 * Which of the latest sequence numbers were seen, so that a copy is told from a first arrival. Below the
 * window everything counts as seen.
 */
export class SeenWindow {
  readonly #size: number;
  /** One bit per sequence number, as a ring. */
  readonly #bits: Uint32Array;
  /** The highest number seen, -1 for none. */
  #highest = -1;

  /** @param size how many numbers back are remembered: a multiple of 32 */
  constructor(size: number) {
    this.#size = size;
    this.#bits = new Uint32Array(size >>> 5);
  }

  /** Notes a number; false where it was seen before, or lies too far back. */
  add(sequence: number): boolean {
    if (sequence <= this.#highest - this.#size) return false;
    if (sequence > this.#highest) this.#advance(sequence);
    const position = sequence % this.#size;
    const word = position >>> 5;
    const bit = 1 << (position & 31);
    if (((this.#bits[word] as number) & bit) !== 0) return false;
    this.#bits[word] = (this.#bits[word] as number) | bit;
    return true;
  }

  #advance(to: number): void {
    if (to - this.#highest >= this.#size) {
      this.#bits.fill(0);
    } else {
      for (let sequence = this.#highest + 1; sequence <= to; sequence++) {
        const position = sequence % this.#size;
        this.#bits[position >>> 5] =
          (this.#bits[position >>> 5] as number) & ~(1 << (position & 31));
      }
    }
    this.#highest = to;
  }
}
