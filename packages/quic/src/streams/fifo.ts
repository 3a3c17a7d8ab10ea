const FIRST_CAPACITY = 8;

/**
 * Items in the order they came, in a ring that grows by doubling: a queue that is filled and emptied again and again
 * makes no garbage.
 */
export class Fifo<Item> {
  /** As many places as a power of two, or none before the first item. */
  #ring: (Item | undefined)[] = NO_ITEMS;
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(item: Item): void {
    if (this.#length === this.#ring.length) this.#grow();
    this.#ring[this.#placeOf(this.#length)] = item;
    this.#length += 1;
  }

  /** The item that `index` others came before; undefined where there are no more than that. */
  at(index: number): Item | undefined {
    return index < this.#length ? this.#ring[this.#placeOf(index)] : undefined;
  }

  shift(): Item | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#ring[this.#head];
    this.#ring[this.#head] = undefined;
    this.#head = this.#placeOf(1);
    this.#length -= 1;
    return item;
  }

  /** -1 where it is not there. */
  indexOf(item: Item): number {
    for (let i = 0; i < this.#length; i++) if (this.#ring[this.#placeOf(i)] === item) return i;
    return -1;
  }

  /** Takes out the item that {@link at} shows there. */
  removeAt(index: number): Item | undefined {
    if (index >= this.#length) return undefined;
    const item = this.at(index);
    for (let i = index; i > 0; i--) {
      this.#ring[this.#placeOf(i)] = this.#ring[this.#placeOf(i - 1)];
    }
    this.shift();
    return item;
  }

  #placeOf(index: number): number {
    return (this.#head + index) & (this.#ring.length - 1);
  }

  #grow(): void {
    const capacity = Math.max(FIRST_CAPACITY, 2 * this.#ring.length);
    const ring = new Array<Item | undefined>(capacity).fill(undefined);
    for (let i = 0; i < this.#length; i++) ring[i] = this.at(i);
    this.#ring = ring;
    this.#head = 0;
  }
}

const NO_ITEMS: undefined[] = [];
