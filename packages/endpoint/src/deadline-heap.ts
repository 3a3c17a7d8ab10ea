import type { Instant } from '@mpquic/wire';

/** Something with a deadline. The heap alone writes these fields. */
export interface HeapEntry {
  /** The deadline under which it stands in the heap. */
  armedAt: Instant;
  /** Its place, or -1 where it has none. */
  heapIndex: number;
}

/** The entries with a deadline, earliest first: a 4-ary heap whose entries know their places. */
export class DeadlineHeap<Entry extends HeapEntry> {
  readonly #entries: Entry[] = [];

  get size(): number {
    return this.#entries.length;
  }

  /** The entry that is due first. */
  peek(): Entry | undefined {
    return this.#entries[0];
  }

  /** Adds an entry, or moves it to its new deadline. */
  schedule(entry: Entry, deadline: Instant): void {
    if (entry.heapIndex < 0) {
      entry.armedAt = deadline;
      entry.heapIndex = this.#entries.length;
      this.#entries.push(entry);
      this.#rise(entry);
      return;
    }
    const later = deadline > entry.armedAt;
    entry.armedAt = deadline;
    if (later) this.#sink(entry);
    else this.#rise(entry);
  }

  remove(entry: Entry): void {
    const index = entry.heapIndex;
    if (index < 0) return;
    entry.heapIndex = -1;
    const last = this.#entries.pop() as Entry;
    if (last === entry) return;
    this.#place(last, index);
    this.#rise(last);
    this.#sink(last);
  }

  #rise(entry: Entry): void {
    let index = entry.heapIndex;
    while (index > 0) {
      const parentIndex = (index - 1) >> 2;
      const parent = this.#entries[parentIndex] as Entry;
      if (parent.armedAt <= entry.armedAt) break;
      this.#place(parent, index);
      index = parentIndex;
    }
    this.#place(entry, index);
  }

  #sink(entry: Entry): void {
    const entries = this.#entries;
    let index = entry.heapIndex;
    for (;;) {
      const first = 4 * index + 1;
      const end = Math.min(first + 4, entries.length);
      let earliest = entry;
      for (let child = first; child < end; child++) {
        const candidate = entries[child] as Entry;
        if (candidate.armedAt < earliest.armedAt) earliest = candidate;
      }
      if (earliest === entry) break;
      const next = earliest.heapIndex;
      this.#place(earliest, index);
      index = next;
    }
    this.#place(entry, index);
  }

  #place(entry: Entry, index: number): void {
    this.#entries[index] = entry;
    entry.heapIndex = index;
  }
}
