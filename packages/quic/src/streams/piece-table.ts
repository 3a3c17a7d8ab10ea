import type { PacketSealer } from '@mpquic/crypto';
import { PIECE_ROW_LENGTH, PieceColumn } from '@mpquic/crypto';
import { RUN_LIMIT } from '../run-limit.ts';

/** Chunks of the application that the packets of one run come from, at most. */
const SOURCES = 8;

/** Octets of the application that are yet to be copied into the packets of a run, all of them by one call. */
export class PieceTable {
  readonly #sources: Uint8Array[] = [];
  readonly #rows: Int32Array = new Int32Array(RUN_LIMIT * PIECE_ROW_LENGTH);
  #count = 0;

  /** Notes that `length` octets of `source` go to offset `to` of the packets; false where there is no room for that. */
  add(source: Uint8Array, from: number, to: number, length: number): boolean {
    const index = this.#indexOf(source);
    if (index < 0 || this.#count === RUN_LIMIT) return false;
    const row = this.#count * PIECE_ROW_LENGTH;
    this.#rows[row + PieceColumn.source] = index;
    this.#rows[row + PieceColumn.from] = from;
    this.#rows[row + PieceColumn.to] = to;
    this.#rows[row + PieceColumn.length] = length;
    this.#count += 1;
    return true;
  }

  /** Copies all of it into `buffer`, and forgets the sources. */
  copy(sealer: PacketSealer | undefined, buffer: Uint8Array): void {
    if (this.#count === 0) return;
    sealer?.copyPieces?.(buffer, this.#sources, this.#rows, this.#count);
    // One by one: an array whose length becomes 0 gives its memory away, and this runs for every run.
    while (this.#sources.length > 0) this.#sources.pop();
    this.#count = 0;
  }

  /** -1 where there are too many sources. The one used last is most likely used again. */
  #indexOf(source: Uint8Array): number {
    const sources = this.#sources;
    for (let i = sources.length - 1; i >= 0; i--) if (sources[i] === source) return i;
    return sources.length < SOURCES ? sources.push(source) - 1 : -1;
  }
}
