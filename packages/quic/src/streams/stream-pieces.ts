import { type PacketOpener, PIECE_ROW_LENGTH, PieceColumn } from '@mpquic/crypto';
import { LARGE_COUNT_START } from '@mpquic/wire';

/** As many as packets are opened together. */
const MOST_PIECES = 64;

/** What has a place in a stream. A large offset would be an object of its own wherever it is passed alone. */
export interface StreamPlace {
  readonly offset: number;
}

/** Octets of one stream that follow each other, in pieces that lie apart in one buffer: one to each packet of a run. */
export class StreamPieces {
  /** Rows for `PacketOpener.copyPieces`: where the pieces go is filled in when they do. */
  readonly #rows: Int32Array = new Int32Array(MOST_PIECES * PIECE_ROW_LENGTH);
  readonly #sources: Uint8Array[] = [EMPTY];
  #opener: PacketOpener | undefined;
  #count = 0;
  #offset = LARGE_COUNT_START;
  #length = 0;

  /** Of the first octet that is left. */
  get offset(): number {
    return this.#offset;
  }

  /** Octets that are left. */
  get length(): number {
    return this.#length;
  }

  /** Whether the octets of `frame` follow these. */
  endBefore(frame: StreamPlace): boolean {
    return this.#offset + this.#length === frame.offset;
  }

  /** Pieces of `source` follow, of which the first is that of `frame`. */
  begin(opener: PacketOpener, source: Uint8Array, frame: StreamPlace): void {
    this.#opener = opener;
    this.#sources[0] = source;
    this.#offset = frame.offset;
    this.#length = 0;
    this.#count = 0;
  }

  /** `length` octets follow, which stand at `from`. */
  append(from: number, length: number): void {
    const row = this.#count * PIECE_ROW_LENGTH;
    this.#rows[row + PieceColumn.from] = from;
    this.#rows[row + PieceColumn.length] = length;
    this.#count += 1;
    this.#length += length;
  }

  /** Copies the next `octets`, no more than are left, to `at` of `target`, and forgets them here. */
  moveTo(target: Uint8Array, at: number, octets: number): void {
    const rows = this.#rows;
    const end = at + octets;
    let to = at;
    let row = 0;
    for (; to < end; row += PIECE_ROW_LENGTH) {
      rows[row + PieceColumn.to] = to;
      to += rows[row + PieceColumn.length] as number;
    }
    const last = row - PIECE_ROW_LENGTH + PieceColumn.length;
    const beyond = to - end;
    rows[last] = (rows[last] as number) - beyond;
    this.#opener?.copyPieces?.(target, this.#sources, rows, row / PIECE_ROW_LENGTH);
    if (beyond > 0) {
      // The rest of a piece is the first of what is left.
      row -= PIECE_ROW_LENGTH;
      const moved = rows[last] as number;
      rows[row + PieceColumn.from] = (rows[row + PieceColumn.from] as number) + moved;
      rows[last] = beyond;
    }
    if (octets < this.#length) rows.copyWithin(0, row, this.#count * PIECE_ROW_LENGTH);
    this.#count -= row / PIECE_ROW_LENGTH;
    this.#offset += octets;
    this.#length -= octets;
  }
}

const EMPTY = new Uint8Array(0);
