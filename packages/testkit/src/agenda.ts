import type { Instant } from '@mpquic/wire';

/** Things to happen at given times, in a heap. Of two at the same time, the one added first is first. */
export class Agenda<Item> {
  readonly #times: number[] = [];
  readonly #orders: number[] = [];
  readonly #items: Item[] = [];
  #added = 0;

  get length(): number {
    return this.#items.length;
  }

  /** Time of the first item, Infinity where there is none. */
  get next(): Instant {
    return this.#times[0] ?? Number.POSITIVE_INFINITY;
  }

  add(at: Instant, item: Item): void {
    let index = this.#items.length;
    this.#times.push(at);
    this.#orders.push(this.#added);
    this.#items.push(item);
    this.#added += 1;
    while (index > 0) {
      const parent = (index - 1) >>> 1;
      if (!this.#isBefore(index, parent)) return;
      this.#swap(index, parent);
      index = parent;
    }
  }

  /** Takes out the first item. */
  take(): Item | undefined {
    const last = this.#items.length - 1;
    if (last < 0) return undefined;
    this.#swap(0, last);
    this.#times.pop();
    this.#orders.pop();
    const item = this.#items.pop();
    this.#sink(last);
    return item;
  }

  #sink(length: number): void {
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      if (left >= length) return;
      const right = left + 1;
      const child = right < length && this.#isBefore(right, left) ? right : left;
      if (!this.#isBefore(child, index)) return;
      this.#swap(index, child);
      index = child;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const difference = (this.#times[a] as number) - (this.#times[b] as number);
    return difference < 0 || (difference === 0 && this.#order(a) < this.#order(b));
  }

  #order(index: number): number {
    return this.#orders[index] as number;
  }

  #swap(a: number, b: number): void {
    swap(this.#times, a, b);
    swap(this.#orders, a, b);
    swap(this.#items, a, b);
  }
}

function swap<T>(array: T[], a: number, b: number): void {
  const held = array[a] as T;
  array[a] = array[b] as T;
  array[b] = held;
}
