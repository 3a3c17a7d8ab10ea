/** Places for views: datagrams of a flow are further apart than a place is wide, so that each has its own. */
const PLACES = 2048;
const PLACE_BITS = 10;

/**
 * Views to copy octets of received packets through. Sockets that receive into a slab lend it again and again, and
 * packets of one flow have their octets at the same places in it: so nearly every view is one that was there before.
 */
export class SourceViews {
  /** Empty before the first. */
  #views: (Uint8Array | undefined)[] = [];
  /** What each is a view of, and of which octets. */
  #sources: (Uint8Array | undefined)[] = [];
  #starts = NO_NUMBERS;
  #ends = NO_NUMBERS;

  /** Octets `start` to `end` (excluded) of `source`. */
  of(source: Uint8Array, start: number, end: number): Uint8Array {
    if (this.#views.length === 0) this.#allocate();
    const place = (start >>> PLACE_BITS) % PLACES;
    const known = this.#views[place];
    if (
      known !== undefined &&
      this.#sources[place] === source &&
      this.#starts[place] === start &&
      this.#ends[place] === end
    ) {
      return known;
    }
    const view = source.subarray(start, end);
    this.#views[place] = view;
    this.#sources[place] = source;
    this.#starts[place] = start;
    this.#ends[place] = end;
    return view;
  }

  #allocate(): void {
    this.#views = new Array(PLACES).fill(undefined);
    this.#sources = new Array(PLACES).fill(undefined);
    this.#starts = new Float64Array(PLACES);
    this.#ends = new Float64Array(PLACES);
  }
}

const NO_NUMBERS = new Float64Array();
