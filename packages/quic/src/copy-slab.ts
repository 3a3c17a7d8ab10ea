/** Octets of a slab, and of what is too long for one. */
const SLAB_LENGTH = 16_384;
const LONGEST = SLAB_LENGTH / 4;
/** Copies that were given back and are kept: about as many as one turn of the event loop brings. */
const FREE_COPIES = 128;

/**
 * Makes copies that share memory, a dozen of common packets each: to allocate for every one of them costs more than
 * the copy. A slab lives as long as one of its copies is kept. Where copies are given back, those of one length make no
 * garbage at all.
 */
export class CopySlab {
  #slab = new Uint8Array();
  #at = 0;
  /** Copies that serve again. */
  readonly #free: Uint8Array[] = [];

  /** A copy of `source` from `start` to `end`, as a view of a larger buffer. */
  copy(source: Uint8Array, start = 0, end: number = source.length): Uint8Array {
    const length = end - start;
    if (length > LONGEST) return source.slice(start, end);
    const whole = start === 0 && end === source.length;
    const octets = whole ? source : source.subarray(start, end);
    const again = this.#free.pop();
    if (again?.length === length) {
      again.set(octets);
      return again;
    }
    if (this.#at + length > this.#slab.length) {
      this.#slab = new Uint8Array(SLAB_LENGTH);
      this.#at = 0;
    }
    const at = this.#at;
    this.#at += length;
    const copy = this.#slab.subarray(at, at + length);
    copy.set(octets);
    return copy;
  }

  /** Takes a copy back that nobody looks at any more; anything else is let go. */
  giveBack(copy: Uint8Array): void {
    const isCopy = copy.length > 0 && copy.buffer.byteLength === SLAB_LENGTH;
    if (isCopy && this.#free.length < FREE_COPIES) this.#free.push(copy);
  }
}
