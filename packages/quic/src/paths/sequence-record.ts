import { RangeSet } from '@mpquic/wire';

/** Sequence numbers that were seen: all up to one, and a few beyond gaps. */
export class SequenceRecord {
  /** Every lower number was seen. */
  #contiguous = 0;
  /** Not there while there is no gap. */
  #beyond: RangeSet | undefined;

  /** Behind the highest number seen. */
  get next(): number {
    return (this.#beyond?.highest ?? this.#contiguous - 1) + 1;
  }

  /** Gaps between what was seen. */
  get gaps(): number {
    return this.#beyond?.size ?? 0;
  }

  has(number: number): boolean {
    return number < this.#contiguous || this.#beyond?.has(number) === true;
  }

  add(number: number): void {
    if (number !== this.#contiguous) {
      if (number < this.#contiguous) return;
      this.#beyond ??= new RangeSet();
      this.#beyond.add(number);
      return;
    }
    this.#contiguous += 1;
    if (this.#beyond?.lowest !== this.#contiguous) return;
    this.#contiguous = this.#beyond.last(0) + 1;
    this.#beyond.removeLowestRange();
    if (this.#beyond.size === 0) this.#beyond = undefined;
  }
}
