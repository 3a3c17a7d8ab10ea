/**
 * A set of integers kept as disjoint, non-adjacent ranges in rising order, both ends included.
 * Adding at the upper end, the usual case of packet numbers and stream offsets, takes constant time. The memory of ranges
 * that go serves those that come.
 */
export class RangeSet {
  /** Of the ranges, and whatever is behind them. */
  #starts: number[] = NO_NUMBERS;
  #ends: number[] = NO_NUMBERS;
  #size = 0;

  /** How many ranges there are. */
  get size(): number {
    return this.#size;
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
    return this.#size === 0 ? undefined : this.#starts[0];
  }

  /** The highest integer, or `undefined` when empty. */
  get highest(): number | undefined {
    return this.#size === 0 ? undefined : this.#ends[this.#size - 1];
  }

  has(value: number): boolean {
    const index = this.#upperIndex(value);
    return index < this.#size && (this.#starts[index] as number) <= value;
  }

  /** Whether every integer from `first` to `last` is in the set. */
  covers(first: number, last: number): boolean {
    const index = this.#upperIndex(first);
    return (
      index < this.#size &&
      (this.#starts[index] as number) <= first &&
      (this.#ends[index] as number) >= last
    );
  }

  /** Adds `first` to `last`, both included; `first <= last`. */
  add(first: number, last: number = first): void {
    const starts = this.#starts;
    const ends = this.#ends;
    const top = this.#size - 1;
    if (top < 0 || first > (ends[top] as number) + 1) {
      this.#insert(this.#size, first, last);
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
    while (to < this.#size && (starts[to] as number) <= last + 1) {
      start = Math.min(start, starts[to] as number);
      end = Math.max(end, ends[to] as number);
      to += 1;
    }
    if (to === from) {
      this.#insert(from, start, end);
      return;
    }
    starts[from] = start;
    ends[from] = end;
    this.#delete(from + 1, to - from - 1);
  }

  /** Removes `first` to `last`, both included. */
  remove(first: number, last: number = first): void {
    const starts = this.#starts;
    const ends = this.#ends;
    let index = this.#upperIndex(first);
    while (index < this.#size && (starts[index] as number) <= last) {
      const start = starts[index] as number;
      const end = ends[index] as number;
      const keepLeft = start < first;
      const keepRight = end > last;
      if (keepLeft && keepRight) {
        ends[index] = first - 1;
        this.#insert(index + 1, last + 1, end);
        return;
      }
      if (keepLeft) {
        ends[index] = first - 1;
        index += 1;
      } else if (keepRight) {
        starts[index] = last + 1;
        return;
      } else {
        this.#delete(index, 1);
      }
    }
  }

  /** Forgets the lowest range. */
  removeLowestRange(): void {
    if (this.#size > 0) this.#delete(0, 1);
  }

  clear(): void {
    this.#starts = NO_NUMBERS;
    this.#ends = NO_NUMBERS;
    this.#size = 0;
  }

  /** Makes range `index`, in front of those from there on. */
  #insert(index: number, first: number, last: number): void {
    const starts = this.#starts;
    const ends = this.#ends;
    if (starts.length === 0) {
      // One range is all that most sets ever hold; arrays that are pushed to have room for many.
      this.#starts = [first];
      this.#ends = [last];
      this.#size = 1;
      return;
    }
    for (let i = this.#size; i > index; i--) {
      starts[i] = starts[i - 1] as number;
      ends[i] = ends[i - 1] as number;
    }
    starts[index] = first;
    ends[index] = last;
    this.#size += 1;
  }

  #delete(index: number, count: number): void {
    const starts = this.#starts;
    const ends = this.#ends;
    const size = this.#size - count;
    for (let i = index; i < size; i++) {
      starts[i] = starts[i + count] as number;
      ends[i] = ends[i + count] as number;
    }
    this.#size = size;
  }

  /** Index of the first range whose end is not below `value`. */
  #upperIndex(value: number): number {
    const ends = this.#ends;
    let low = 0;
    let high = this.#size;
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
