/** An acknowledgement of a number skipped before these last ones passes unnoticed. */
const KEPT = 16;

/** The packet numbers that were left out lately, which no acknowledgement may name. RFC 9000 §21.4 */
export class SkippedNumbers {
  readonly #numbers: number[] = [];
  #cursor = 0;
  #last = -1;

  add(number: number): void {
    this.#numbers[this.#cursor] = number;
    this.#cursor = (this.#cursor + 1) % KEPT;
    this.#last = number;
  }

  /** Whether one of them lies from `first` to `last`, both included. */
  isIn(first: number, last: number): boolean {
    if (this.#last < first) return false;
    const numbers = this.#numbers;
    for (let i = 0; i < numbers.length; i++) {
      const number = numbers[i] as number;
      if (number >= first && number <= last) return true;
    }
    return false;
  }
}
