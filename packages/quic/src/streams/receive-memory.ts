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

/** A chunk or block of which the reader has octets by reference. One object serves as long as its memory does. */
interface Loan {
  readonly memory: Uint8Array;
  readonly isBlock: boolean;
  lent: number;
  returned: number;
  /** Nothing more of it will be lent. */
  isComplete: boolean;
}

/** Memory that the reassemblies of one connection share. Holds nothing until octets are copied. */
export class ReceiveMemory {
  #chunk: Uint8Array = EMPTY;
  #free: Uint8Array[] | undefined;
  /** By the buffers of large chunks and of blocks. */
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
      this.#chunk = this.#nextChunk();
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
    const loan = this.#loans?.get(block.buffer) ?? this.#open(block, true);
    loan.lent += octets;
    loan.isComplete = false;
  }

  /** Nothing waits in a block any more: it is used again once its reader is done with it. */
  releaseBlock(block: Uint8Array): void {
    const loan = this.#loans?.get(block.buffer);
    if (loan === undefined) this.blocks.giveBack(block);
    else {
      loan.isComplete = true;
      this.#reuse(loan);
    }
  }

  /** Takes back octets that were read. */
  recycle(octets: Uint8Array): void {
    this.giveBack(octets.buffer, octets.length);
  }

  /** Takes back so many octets of a buffer that were read; a chunk or block of which all are back is used again. */
  giveBack(buffer: ArrayBufferLike, octets: number): void {
    const loan = this.#loans?.get(buffer);
    if (loan === undefined || loan.lent === 0) return;
    loan.returned += octets;
    this.#reuse(loan);
  }

  /** Where its reader is done with all of it. */
  #reuse(loan: Loan): void {
    if (!loan.isComplete || loan.returned < loan.lent) return;
    loan.lent = 0;
    loan.returned = 0;
    if (loan.isBlock) this.blocks.giveBack(loan.memory);
    else this.#keepChunk(loan.memory);
  }

  #keepChunk(chunk: Uint8Array): void {
    this.#free ??= [];
    if (this.#free.length < FREE_CHUNKS) this.#free.push(chunk);
  }

  /** A full chunk has given way to this one. All of it will be lent. */
  #nextChunk(): Uint8Array {
    const known = this.#free?.pop();
    const chunk = known ?? new Uint8Array(this.#chunkSize);
    if (chunk.length < LAST_CHUNK) return chunk;
    const loan = this.#loans?.get(chunk.buffer) ?? this.#open(chunk, false);
    loan.lent = chunk.length;
    loan.isComplete = true;
    return chunk;
  }

  #open(memory: Uint8Array, isBlock: boolean): Loan {
    const loan: Loan = { memory, isBlock, lent: 0, returned: 0, isComplete: false };
    this.#loans ??= new WeakMap();
    this.#loans.set(memory.buffer, loan);
    return loan;
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
