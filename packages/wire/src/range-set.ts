/**
 * A set of integers kept as disjoint, non-adjacent ranges in rising order, both ends included.
 * Adding at the upper end, the usual case of packet numbers and stream offsets, takes constant time.
 */
export class RangeSet {
  #starts: number[] = NO_NUMBERS;
  #ends: number[] = NO_NUMBERS;

  /** How many ranges there are. */
  get size(): number {
    return this.#starts.length;
  }

  /** First integer of range `index`, counted from the lowest. */
  start(index: number): number {
    return this.#starts[index] as number;
  }

  /** Last integer of range `index`. */
  last(index: number): number {
    return this.#ends[index] as number;
  }

  /** The lowest integer, or `undefined` when empty. */
  get lowest(): number | undefined {
    return this.#starts[0];
  }

  /** The highest integer, or `undefined` when empty. */
  get highest(): number | undefined {
    return this.#ends[this.#ends.length - 1];
  }

  has(value: number): boolean {
    const index = this.#upperIndex(value);
    return index < this.size && (this.#starts[index] as number) <= value;
  }

  /** Whether every integer from `first` to `last` is in the set. */
  covers(first: number, last: number): boolean {
    const index = this.#upperIndex(first);
    return (
      index < this.size &&
      (this.#starts[index] as number) <= first &&
      (this.#ends[index] as number) >= last
    );
  }

  /** Adds `first` to `last`, both included; `first <= last`. */
  add(first: number, last: number = first): void {
    const starts = this.#starts;
    const ends = this.#ends;
    const top = ends.length - 1;
    if (top < 0) {
      // One range is all that most sets ever hold; arrays that are pushed to have room for many.
      this.#starts = [first];
      this.#ends = [last];
      return;
    }
    if (first > (ends[top] as number) + 1) {
      starts.push(first);
      ends.push(last);
      return;
    }
    if (first >= (starts[top] as number)) {
      if (last > (ends[top] as number)) ends[top] = last;
      return;
    }
    const from = this.#upperIndex(first - 1);
    let to = from;
    let start = first;
    let end = last;
    while (to < starts.length && (starts[to] as number) <= last + 1) {
      start = Math.min(start, starts[to] as number);
      end = Math.max(end, ends[to] as number);
      to += 1;
    }
    // Most often one range grows: then nothing moves and nothing is allocated.
    if (to > from) {
      starts[from] = start;
      ends[from] = end;
    }
    if (to - from === 1) return;
    if (to === from) {
      starts.splice(from, 0, start);
      ends.splice(from, 0, end);
    } else {
      starts.splice(from + 1, to - from - 1);
      ends.splice(from + 1, to - from - 1);
    }
  }

  /** Removes `first` to `last`, both included. */
  remove(first: number, last: number = first): void {
    const starts = this.#starts;
    const ends = this.#ends;
    let index = this.#upperIndex(first);
    while (index < starts.length && (starts[index] as number) <= last) {
      const start = starts[index] as number;
      const end = ends[index] as number;
      const keepLeft = start < first;
      const keepRight = end > last;
      if (keepLeft && keepRight) {
        ends[index] = first - 1;
        starts.splice(index + 1, 0, last + 1);
        ends.splice(index + 1, 0, end);
        return;
      }
      if (keepLeft) {
        ends[index] = first - 1;
        index += 1;
      } else if (keepRight) {
        starts[index] = last + 1;
        return;
      } else {
        starts.splice(index, 1);
        ends.splice(index, 1);
      }
    }
  }

  /** Forgets the lowest range. */
  removeLowestRange(): void {
    this.#starts.shift();
    this.#ends.shift();
  }

  clear(): void {
    this.#starts = NO_NUMBERS;
    this.#ends = NO_NUMBERS;
  }

  /** Index of the first range whose end is not below `value`. */
  #upperIndex(value: number): number {
    const ends = this.#ends;
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((ends[middle] as number) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Never written to. */
const NO_NUMBERS: number[] = [];
