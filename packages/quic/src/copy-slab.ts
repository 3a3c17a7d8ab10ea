/** Octets of a slab, and of what is too long for one. */
const SLAB_LENGTH = 16_384;
const LONGEST = SLAB_LENGTH / 4;

/**
 * Makes copies that share memory, a dozen of common packets each: to allocate for every one of them costs more than
 * the copy. A slab lives as long as one of its copies is kept.
 */
export class CopySlab {
  #slab = new Uint8Array();
  #at = 0;

  /** A copy of `source` from `start` to `end`, as a view of a larger buffer. */
  copy(source: Uint8Array, start = 0, end: number = source.length): Uint8Array {
    const length = end - start;
    if (length > LONGEST) return source.slice(start, end);
    if (this.#at + length > this.#slab.length) {
      this.#slab = new Uint8Array(SLAB_LENGTH);
      this.#at = 0;
    }
    const at = this.#at;
    this.#at += length;
    const copy = this.#slab.subarray(at, at + length);
    copy.set(start === 0 && end === source.length ? source : source.subarray(start, end));
    return copy;
  }
}
