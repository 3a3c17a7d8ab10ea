/** A view and what it shows. */
interface KnownView {
  start: number;
  end: number;
  view: Uint8Array;
}

/**
 * Views to copy octets of received packets through. Sockets that receive into a slab lend the same buffers again and
 * again, in which packets of one flow have their octets at the same places: so nearly every view is one that was
 * there before.
 */
export class SourceViews {
  /** Not there before the first. */
  #known: WeakMap<Uint8Array, KnownView> | undefined;

  /** Octets `start` to `end` (excluded) of `source`. */
  of(source: Uint8Array, start: number, end: number): Uint8Array {
    this.#known ??= new WeakMap();
    const known = this.#known.get(source);
    if (known === undefined) {
      const view = source.subarray(start, end);
      this.#known.set(source, { start, end, view });
      return view;
    }
    if (known.start !== start || known.end !== end) {
      known.start = start;
      known.end = end;
      known.view = source.subarray(start, end);
    }
    return known.view;
  }
}
