import type { Field } from './field.ts';

const ENTRY_OVERHEAD = 32;

/** The decoder's copy of the peer's dynamic table, bounded by its capacity in octets. RFC 9204 §3.2 */
export class DynamicTable {
  /** Oldest first. */
  readonly #entries: Field[] = [];
  readonly #maximumCapacity: number;
  #capacity = 0;
  #size = 0;
  #dropped = 0;

  constructor(maximumCapacity: number) {
    this.#maximumCapacity = maximumCapacity;
  }

  /** How many entries were ever inserted. */
  get insertCount(): number {
    return this.#dropped + this.#entries.length;
  }

  /** The largest number of entries that fit. RFC 9204 §4.5.1.1 */
  get maximumEntries(): number {
    return Math.floor(this.#maximumCapacity / ENTRY_OVERHEAD);
  }

  /** False where `capacity` is above what this side announced. RFC 9204 §4.3.1 */
  setCapacity(capacity: number): boolean {
    if (capacity > this.#maximumCapacity) return false;
    this.#capacity = capacity;
    this.#evict(0);
    return true;
  }

  /** False where the entry is larger than the whole table. RFC 9204 §3.2.2 */
  insert(field: Field): boolean {
    const size = field.name.length + field.value.length + ENTRY_OVERHEAD;
    if (size > this.#capacity) return false;
    this.#evict(size);
    this.#entries.push(field);
    this.#size += size;
    return true;
  }

  /** The entry of an absolute index, or undefined where it is gone or not there yet. */
  at(absoluteIndex: number): Field | undefined {
    return this.#entries[absoluteIndex - this.#dropped];
  }

  #evict(needed: number): void {
    while (this.#size + needed > this.#capacity) {
      const oldest = this.#entries.shift();
      if (oldest === undefined) return;
      this.#size -= oldest.name.length + oldest.value.length + ENTRY_OVERHEAD;
      this.#dropped += 1;
    }
  }
}
