import { LARGE_COUNT_START } from '@mpquic/wire';
import type { LentOctets } from '../contract.ts';
import { BLOCK_LENGTH } from './block-pool.ts';
import { blockNumber, OutOfOrderOctets, placeInBlock } from './out-of-order-octets.ts';
import type { ReceiveMemory } from './receive-memory.ts';
import type { StreamPieces } from './stream-pieces.ts';

/** Owned octets of at least this many are kept where they are; less would pin a packet for little. */
const BY_REFERENCE_MINIMUM = 1024;

/**
 * Puts the octets of one stream, which arrive in any order and more than once, into order.
 * RFC 9000 §2.2
 *
 * In order, octets are kept by reference where the caller gives their buffer away, else copied into
 * shared chunks. Out of order, they wait in blocks, which are used again once they are read: new memory for them would keep
 * the collector busy wherever two paths feed one stream.
 */
export class Reassembly {
  readonly #memory: ReceiveMemory;
  readonly #keepFrom: number;
  /** Pieces `#head` up to `#tail` are in order and yet to be read: `#starts[i]` up to `#ends[i]` of `#pieces[i]`. */
  readonly #pieces: Uint8Array[] = [];
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  #head = 0;
  #tail = 0;
  #readOffset = LARGE_COUNT_START;
  #inOrderEnd = LARGE_COUNT_START;
  #outOfOrder: OutOfOrderOctets | undefined;

  /**
   * @param keepFrom octets from which on owned ones stay where they are
   * @param firstOffset all octets before it were read elsewhere
   */
  constructor(
    memory: ReceiveMemory,
    keepFrom: number = BY_REFERENCE_MINIMUM,
    firstOffset: number = 0,
  ) {
    this.#memory = memory;
    this.#keepFrom = keepFrom;
    this.#readOffset = firstOffset;
    this.#inOrderEnd = firstOffset;
  }

  /** Offset of the next octet to read. */
  get readOffset(): number {
    return this.#readOffset;
  }

  /** Octets that can be read now. */
  get readable(): number {
    return this.#inOrderEnd - this.#readOffset;
  }

  /** Offset behind the last octet that arrived in order. */
  get inOrderEnd(): number {
    return this.#inOrderEnd;
  }

  /** Whether octets wait for ones before them. */
  get hasGaps(): boolean {
    return this.#outOfOrder !== undefined && !this.#outOfOrder.isEmpty;
  }

  /**
   * Takes octets `start` to `end` (excluded) of `source`, which belong at `offset`. With `owned`, the
   * caller never touches `source` again.
   */
  write(source: Uint8Array, start: number, end: number, offset: number, owned: boolean): void {
    const known = this.#inOrderEnd - offset;
    if (known >= end - start) return;
    if (known < 0) {
      this.#outOfOrder ??= new OutOfOrderOctets(this.#memory);
      this.#outOfOrder.write(source, start, end, offset, !owned);
      return;
    }
    const firstBlock = blockNumber(this.#inOrderEnd);
    if (owned && end - start - known >= this.#keepFrom) {
      this.#inOrderEnd += end - start - known;
      this.#push(source, start + known, end);
    } else {
      this.#appendCopy(source, start + known, end, !owned);
    }
    this.#join(firstBlock);
  }

  /** Whether {@link writePieces} takes `pieces`. */
  takesPieces(pieces: StreamPieces): boolean {
    return pieces.offset >= this.#inOrderEnd && this.#memory.takesSegment;
  }

  /** As {@link write}, all of `pieces`, which lie behind all that arrived in order. */
  writePieces(pieces: StreamPieces): void {
    if (pieces.offset > this.#inOrderEnd) {
      this.#outOfOrder ??= new OutOfOrderOctets(this.#memory);
      this.#outOfOrder.writePieces(pieces);
      return;
    }
    const firstBlock = blockNumber(this.#inOrderEnd);
    this.#inOrderEnd += pieces.length;
    while (pieces.length > 0) {
      const count = this.#memory.movePieces(pieces);
      this.#push(this.#memory.chunk, this.#memory.chunkUsed - count, this.#memory.chunkUsed);
    }
    this.#join(firstBlock);
  }

  /** The next octets in order, which belong to the caller from now on; undefined where there are none. */
  read(): Uint8Array | undefined {
    if (this.#head === this.#tail) return undefined;
    const piece = this.#pieces[this.#head] as Uint8Array;
    const start = this.#starts[this.#head] as number;
    const end = this.#ends[this.#head] as number;
    this.#readOffset += end - start;
    this.#shift();
    return start === 0 && end === piece.length ? piece : piece.subarray(start, end);
  }

  /** Shows the next octets in order, which stay here until {@link consume}. */
  peek(into: LentOctets): void {
    const isEmpty = this.#head === this.#tail;
    into.source = isEmpty ? EMPTY : (this.#pieces[this.#head] as Uint8Array);
    into.start = isEmpty ? 0 : (this.#starts[this.#head] as number);
    into.end = isEmpty ? 0 : (this.#ends[this.#head] as number);
  }

  /** Takes away so many of the octets that {@link peek} shows, whose memory is used again, and returns how many there were. */
  consume(octets: number): number {
    if (this.#head === this.#tail) return 0;
    const piece = this.#pieces[this.#head] as Uint8Array;
    const start = this.#starts[this.#head] as number;
    const left = (this.#ends[this.#head] as number) - start;
    const count = Math.min(octets, left);
    this.#readOffset += count;
    if (count === left) this.#shift();
    else this.#starts[this.#head] = start + count;
    this.#memory.giveBack(piece.buffer, count);
    return count;
  }

  /** Drops everything that is held. */
  discard(): void {
    this.#forgetPieces();
    this.#readOffset = this.#inOrderEnd;
    this.#outOfOrder?.clear();
    this.#outOfOrder = undefined;
  }

  /** The first piece is read. */
  #shift(): void {
    this.#pieces[this.#head] = EMPTY;
    this.#head += 1;
    if (this.#head === this.#tail || 2 * this.#head >= COMPACT_FROM + this.#tail) this.#compact();
  }

  #appendCopy(source: Uint8Array, start: number, end: number, lent: boolean): void {
    this.#inOrderEnd += end - start;
    let from = start;
    while (from < end) {
      const count = this.#memory.copy(source, from, end, lent);
      this.#push(this.#memory.chunk, this.#memory.chunkUsed - count, this.#memory.chunkUsed);
      from += count;
    }
  }

  #push(piece: Uint8Array, start: number, end: number): void {
    const last = this.#tail - 1;
    if (last >= this.#head && this.#pieces[last] === piece && this.#ends[last] === start) {
      this.#ends[last] = end;
      return;
    }
    this.#pieces[this.#tail] = piece;
    this.#starts[this.#tail] = start;
    this.#ends[this.#tail] = end;
    this.#tail += 1;
  }

  /** Appends what is stored behind the octets that just arrived in order, of which the first belongs to a block. */
  #join(firstBlock: number): void {
    const stored = this.#outOfOrder;
    if (stored === undefined || stored.isEmpty) return;
    const end = stored.takeRange(this.#inOrderEnd);
    while (this.#inOrderEnd < end) {
      const at = placeInBlock(this.#inOrderEnd);
      const count = Math.min(end - this.#inOrderEnd, BLOCK_LENGTH - at);
      const block = stored.block(blockNumber(this.#inOrderEnd));
      if (count < LENT_MINIMUM) {
        this.#appendCopy(block, at, at + count, false);
        continue;
      }
      this.#memory.lendBlock(block, count);
      this.#push(block, at, at + count);
      this.#inOrderEnd += count;
    }
    stored.drop(firstBlock, blockNumber(end));
  }

  #forgetPieces(): void {
    this.#pieces.length = 0;
    this.#starts.length = 0;
    this.#ends.length = 0;
    this.#head = 0;
    this.#tail = 0;
  }

  /** Moves the pieces that are left to the front; the arrays keep a moderate length. */
  #compact(): void {
    const left = this.#tail - this.#head;
    if (left === 0 && this.#pieces.length > KEPT_LENGTH) this.#forgetPieces();
    for (let i = 0; i < left; i++) {
      const from = this.#head + i;
      this.#pieces[i] = this.#pieces[from] as Uint8Array;
      this.#starts[i] = this.#starts[from] as number;
      this.#ends[i] = this.#ends[from] as number;
      this.#pieces[from] = EMPTY;
    }
    this.#head = 0;
    this.#tail = left;
  }
}

/** Octets of a block that go to the reader without a copy: fewer would pin it for little. */
const LENT_MINIMUM = 8 * 1024;
/** Pieces read before those behind them move to the front. */
const COMPACT_FROM = 64;
const KEPT_LENGTH = 256;
const EMPTY = new Uint8Array(0);
