import type { Instant } from '@mpquic/wire';

/** Items that are due at some time, handed out in the order of that time by one armed timer. */
export class DelayQueue<Item> {
  readonly #due: { readonly at: Instant; readonly order: number; readonly item: Item }[] = [];
  readonly #deliver: (item: Item) => void;
  readonly #clock: () => Instant;
  #timer: NodeJS.Timeout | undefined;
  #order = 0;

  constructor(deliver: (item: Item) => void, clock: () => Instant) {
    this.#deliver = deliver;
    this.#clock = clock;
  }

  get size(): number {
    return this.#due.length;
  }

  push(item: Item, at: Instant): void {
    const heap = this.#due;
    heap.push({ at, order: this.#order++, item });
    let child = heap.length - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!this.#before(child, parent)) break;
      this.#swap(child, parent);
      child = parent;
    }
    if (child === 0) this.#arm();
  }

  /** Drops what is left. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#due.length = 0;
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const next = this.#due[0];
    if (next === undefined) {
      this.#timer = undefined;
      return;
    }
    const wait = Math.max(0, Math.round((next.at - this.#clock()) / 1000));
    this.#timer = setTimeout(() => this.#run(), wait);
  }

  #run(): void {
    const now = this.#clock() + 500;
    for (let next = this.#due[0]; next !== undefined && next.at <= now; next = this.#due[0]) {
      this.#removeFirst();
      this.#deliver(next.item);
    }
    this.#arm();
  }

  #removeFirst(): void {
    const heap = this.#due;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    heap[0] = last;
    let parent = 0;
    for (;;) {
      let smallest = parent;
      for (const child of [2 * parent + 1, 2 * parent + 2]) {
        if (child < heap.length && this.#before(child, smallest)) smallest = child;
      }
      if (smallest === parent) return;
      this.#swap(parent, smallest);
      parent = smallest;
    }
  }

  #before(a: number, b: number): boolean {
    const one = this.#due[a];
    const other = this.#due[b];
    if (one === undefined || other === undefined) return false;
    return one.at < other.at || (one.at === other.at && one.order < other.order);
  }

  #swap(a: number, b: number): void {
    const heap = this.#due;
    const one = heap[a];
    const other = heap[b];
    if (one === undefined || other === undefined) return;
    heap[a] = other;
    heap[b] = one;
  }
}
