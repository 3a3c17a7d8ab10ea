/** A queue that holds each item at most once, in a ring that grows. Taking turns makes no garbage. */
export class StreamQueue<Item extends { readonly id: number }> {
  #ring: (Item | undefined)[] = NO_ITEMS;
  #head = 0;
  #length = 0;
  /** Not there before the first item. */
  #queued: Set<number> | undefined;

  /** Items queued. */
  get length(): number {
    return this.#queued?.size ?? 0;
  }

  has(item: Item): boolean {
    return this.#queued?.has(item.id) === true;
  }

  /** Queues the item behind all others, unless it is queued. */
  push(item: Item): void {
    this.#queued ??= new Set();
    if (this.#queued.has(item.id)) return;
    this.#queued.add(item.id);
    if (this.#length === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.#length) & (this.#ring.length - 1)] = item;
    this.#length += 1;
  }

  /** The item that waited longest, which stays queued. */
  peek(): Item | undefined {
    this.#passRemoved();
    return this.#length === 0 ? undefined : this.#ring[this.#head];
  }

  /** Takes out the item that waited longest. */
  shift(): Item | undefined {
    const item = this.peek();
    if (item === undefined) return undefined;
    this.#queued?.delete(item.id);
    this.#dropHead();
    return item;
  }

  /** Puts the item that waited longest behind all others. */
  rotate(): void {
    const item = this.peek();
    if (item === undefined) return;
    this.#dropHead();
    this.#ring[(this.#head + this.#length) & (this.#ring.length - 1)] = item;
    this.#length += 1;
  }

  /** Takes out an item wherever it stands. */
  remove(item: Item): void {
    if (this.#queued?.delete(item.id) !== true) return;
    for (let i = 0; i < this.#length; i++) {
      const at = (this.#head + i) & (this.#ring.length - 1);
      if (this.#ring[at] === item) this.#ring[at] = undefined;
    }
  }

  #passRemoved(): void {
    while (this.#length > 0 && this.#ring[this.#head] === undefined) this.#dropHead();
  }

  #dropHead(): void {
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.#length -= 1;
  }

  #grow(): void {
    const ring = new Array<Item | undefined>(Math.max(4, this.#ring.length * 2)).fill(undefined);
    for (let i = 0; i < this.#length; i++) {
      ring[i] = this.#ring[(this.#head + i) & (this.#ring.length - 1)];
    }
    this.#ring = ring;
    this.#head = 0;
  }
}

const NO_ITEMS: undefined[] = [];
