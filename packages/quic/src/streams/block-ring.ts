/** Places at first: as many as a stream's octets out of order seldom need. */
const FIRST_PLACES = 4;

/** Blocks by their numbers, which lie within a window that moves on. Each has a place that later ones use again. */
export class BlockRing {
  /** Block `n` is at place `n` modulo their number, which is a power of two. */
  #places: (Uint8Array | undefined)[] = [];
  #start = 0;
  #end = 0;

  /** No block has a lower number. */
  get start(): number {
    return this.#start;
  }

  /** Nor this one or a higher one. */
  get end(): number {
    return this.#end;
  }

  get(number: number): Uint8Array | undefined {
    if (number < this.#start || number >= this.#end) return undefined;
    return this.#places[this.#placeOf(number)];
  }

  /** Returns the block. */
  put(number: number, block: Uint8Array): Uint8Array {
    const isEmpty = this.#start === this.#end;
    const start = isEmpty ? number : Math.min(this.#start, number);
    const end = isEmpty ? number + 1 : Math.max(this.#end, number + 1);
    if (end - start > this.#places.length) this.#grow(end - start);
    this.#start = start;
    this.#end = end;
    this.#places[this.#placeOf(number)] = block;
    return block;
  }

  /** The block, of which nothing is known any more. */
  remove(number: number): Uint8Array | undefined {
    const block = this.get(number);
    if (block === undefined) return undefined;
    this.#places[this.#placeOf(number)] = undefined;
    while (this.#start < this.#end && this.get(this.#start) === undefined) this.#start += 1;
    while (this.#start < this.#end && this.get(this.#end - 1) === undefined) this.#end -= 1;
    return block;
  }

  #placeOf(number: number): number {
    return number % this.#places.length;
  }

  #grow(span: number): void {
    let count = Math.max(FIRST_PLACES, this.#places.length);
    while (count < span) count *= 2;
    const places: (Uint8Array | undefined)[] = new Array(count).fill(undefined);
    for (let number = this.#start; number < this.#end; number++)
      places[number % count] = this.get(number);
    this.#places = places;
  }
}
