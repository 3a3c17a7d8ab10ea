import { TransportError } from '../transport-error.ts';
import type { BlockPool } from './block-pool.ts';
import type { SourceViews } from './source-views.ts';
import type { StreamPieces } from './stream-pieces.ts';

const FIRST_CHUNK = 2 * 1024;
const LAST_CHUNK = 64 * 1024;
/** Pieces between gaps, over all streams of a connection. */
const MAX_SEGMENTS = 16_384;

/** Chunks kept for reuse. */
const FREE_CHUNKS = 32;

/** What of a block the reader has by reference. */
interface Loan {
  lent: number;
  returned: number;
  /** Nothing more of it will be lent. */
  isComplete: boolean;
}

/** Memory that the reassemblies of one connection share. Holds nothing until octets are copied. */
export class ReceiveMemory {
  #chunk: Uint8Array = EMPTY;
  /** Octets of each large chunk that the reader gave back. */
  #returned: WeakMap<ArrayBufferLike, number> | undefined;
  #free: Uint8Array[] | undefined;
  /** By the buffers of blocks. */
  #loans: WeakMap<ArrayBufferLike, Loan> | undefined;
  #used = 0;
  #chunkSize: number;
  #segments = 0;
  readonly #maxSegments: number;
  /** Where octets wait for those before them. */
  readonly blocks: BlockPool;
  readonly #views: SourceViews | undefined;

  /**
   * @param views undefined where too little comes to keep any
   * @param firstChunk octets of the first chunk; each is twice as large as the one before, up to 64 KiB
   */
  constructor(
    blocks: BlockPool,
    views: SourceViews | undefined,
    maxSegments: number = MAX_SEGMENTS,
    firstChunk: number = FIRST_CHUNK,
  ) {
    this.blocks = blocks;
    this.#views = views;
    this.#maxSegments = maxSegments;
    this.#chunkSize = firstChunk / 2;
  }

  /** Pieces between gaps that are held now. */
  get segments(): number {
    return this.#segments;
  }

  /** Whether one piece more may be held between gaps. */
  get takesSegment(): boolean {
    return this.#segments < this.#maxSegments;
  }

  /** The chunk that {@link copy} wrote to last, and where its free part begins. */
  get chunk(): Uint8Array {
    return this.#chunk;
  }

  get chunkUsed(): number {
    return this.#used;
  }

  /**
   * Copies as much of `source` as the current {@link chunk} takes, and returns how much that was.
   * Chunks go to the reader, who keeps them. With `lent`, the buffer is likely to come again.
   */
  copy(source: Uint8Array, start: number, end: number, lent: boolean): number {
    const count = Math.min(end - start, this.#room());
    this.#chunk.set(this.view(source, start, start + count, lent), this.#used);
    this.#used += count;
    return count;
  }

  /** As {@link copy}, of what is left of `pieces`. */
  movePieces(pieces: StreamPieces): number {
    const count = Math.min(pieces.length, this.#room());
    pieces.moveTo(this.#chunk, this.#used, count);
    this.#used += count;
    return count;
  }

  /** Octets that the current chunk still takes; a full one gives way to the next. */
  #room(): number {
    if (this.#used === this.#chunk.length) {
      this.#chunkSize = Math.min(2 * this.#chunkSize, LAST_CHUNK);
      this.#chunk = this.#free?.pop() ?? this.#allocate();
      this.#used = 0;
    }
    return this.#chunk.length - this.#used;
  }

  /** Octets to copy, of a buffer that is likely to come again where it is only `lent`. */
  view(source: Uint8Array, start: number, end: number, lent: boolean): Uint8Array {
    const views = lent ? this.#views : undefined;
    return views === undefined ? source.subarray(start, end) : views.of(source, start, end);
  }

  /** Octets of a block go to the reader as they stand there. */
  lendBlock(block: Uint8Array, octets: number): void {
    this.#loans ??= new WeakMap();
    const loan = this.#loans.get(block.buffer);
    if (loan !== undefined) loan.lent += octets;
    else this.#loans.set(block.buffer, { lent: octets, returned: 0, isComplete: false });
  }

  /** Nothing waits in a block any more: it is used again once its reader is done with it. */
  releaseBlock(block: Uint8Array): void {
    const loan = this.#loans?.get(block.buffer);
    if (loan !== undefined) loan.isComplete = true;
    if (loan === undefined || loan.returned >= loan.lent) this.#takeBack(block);
  }

  #takeBack(block: Uint8Array): void {
    this.#loans?.delete(block.buffer);
    this.blocks.giveBack(block);
  }

  /** Takes back octets that were read; a chunk or block of which all are back is used again. */
  recycle(octets: Uint8Array): void {
    const { buffer } = octets;
    const loan = this.#loans?.get(buffer);
    if (loan !== undefined) {
      loan.returned += octets.length;
      if (loan.isComplete && loan.returned >= loan.lent) this.#takeBack(new Uint8Array(buffer));
      return;
    }
    const before = this.#returned?.get(buffer);
    if (before === undefined) return;
    const returned = before + octets.length;
    const isWhole = returned >= buffer.byteLength;
    this.#returned?.set(buffer, isWhole ? 0 : returned);
    if (!isWhole) return;
    this.#free ??= [];
    if (this.#free.length < FREE_CHUNKS) this.#free.push(new Uint8Array(buffer));
  }

  #allocate(): Uint8Array {
    const chunk = new Uint8Array(this.#chunkSize);
    if (this.#chunkSize === LAST_CHUNK) {
      this.#returned ??= new WeakMap();
      this.#returned.set(chunk.buffer, 0);
    }
    return chunk;
  }

  /** @throws {TransportError} INTERNAL_ERROR beyond the cap: the peer leaves more gaps than are kept */
  countSegments(change: number): void {
    this.#segments += change;
    if (this.#segments > this.#maxSegments) {
      throw new TransportError('INTERNAL_ERROR', 'too many gaps in received streams');
    }
  }
}

const EMPTY = new Uint8Array(0);
