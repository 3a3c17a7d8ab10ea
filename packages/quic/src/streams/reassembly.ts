import { RangeSet } from '@mpquic/wire';
import { TransportError } from '../transport-error.ts';

/** Owned octets of at least this many are kept where they are; less would pin a packet for little. */
const BY_REFERENCE_MINIMUM = 1024;
const FIRST_CHUNK = 2 * 1024;
const LAST_CHUNK = 64 * 1024;
/** Out-of-order octets lie in blocks of this size, at the place where they belong. */
const BLOCK = 16 * 1024;
/** Pieces between gaps, over all streams of a connection. */
const MAX_SEGMENTS = 16_384;

/** Chunks kept for reuse. */
const FREE_CHUNKS = 32;

/** Memory that the reassemblies of one connection share. Holds nothing until octets are copied. */
export class ReceiveMemory {
  #chunk: Uint8Array = EMPTY;
  /** Octets of each large chunk that the reader gave back. */
  #returned: WeakMap<ArrayBufferLike, number> | undefined;
  #free: Uint8Array[] | undefined;
  #used = 0;
  #chunkSize: number;
  #segments = 0;
  readonly #maxSegments: number;

  /** @param firstChunk octets of the first chunk; each is twice as large as the one before, up to 64 KiB */
  constructor(maxSegments: number = MAX_SEGMENTS, firstChunk: number = FIRST_CHUNK) {
    this.#maxSegments = maxSegments;
    this.#chunkSize = firstChunk / 2;
  }

  /** Pieces between gaps that are held now. */
  get segments(): number {
    return this.#segments;
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
   * Chunks go to the reader, who keeps them.
   */
  copy(source: Uint8Array, start: number, end: number): number {
    if (this.#used === this.#chunk.length) {
      this.#chunkSize = Math.min(2 * this.#chunkSize, LAST_CHUNK);
      this.#chunk = this.#free?.pop() ?? this.#allocate();
      this.#used = 0;
    }
    const count = Math.min(end - start, this.#chunk.length - this.#used);
    this.#chunk.set(source.subarray(start, start + count), this.#used);
    this.#used += count;
    return count;
  }

  /** Takes back octets that were read; a chunk of which all are back is used again. */
  recycle(octets: Uint8Array): void {
    const { buffer } = octets;
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

/**
 * Puts the octets of one stream, which arrive in any order and more than once, into order.
 * RFC 9000 §2.2
 *
 * In order, octets are kept by reference where the caller gives their buffer away, else copied into
 * shared chunks. Out of order, they are copied to their place in blocks. So memory is bounded by the
 * span between the read offset and the highest octet, which flow control bounds, however small and
 * scattered the frames are.
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
  #readOffset = 0;
  #inOrderEnd = 0;
  #ranges: RangeSet | undefined;
  #blocks: Map<number, Uint8Array> | undefined;

  /** @param keepFrom octets from which on owned ones stay where they are */
  constructor(memory: ReceiveMemory, keepFrom: number = BY_REFERENCE_MINIMUM) {
    this.#memory = memory;
    this.#keepFrom = keepFrom;
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
    return this.#ranges !== undefined && this.#ranges.size > 0;
  }

  /**
   * Takes octets `start` to `end` (excluded) of `source`, which belong at `offset`. With `owned`, the
   * caller never touches `source` again.
   */
  write(source: Uint8Array, start: number, end: number, offset: number, owned: boolean): void {
    const known = this.#inOrderEnd - offset;
    if (known >= end - start) return;
    if (known < 0) {
      this.#writeOutOfOrder(source, start, end, offset);
      return;
    }
    this.#appendInOrder(source, start + known, end, owned);
    if (this.#ranges !== undefined && this.#ranges.size > 0) this.#joinStored();
  }

  /** The next octets in order, which belong to the caller from now on; undefined where there are none. */
  read(): Uint8Array | undefined {
    if (this.#head === this.#tail) return undefined;
    const piece = this.#pieces[this.#head] as Uint8Array;
    const start = this.#starts[this.#head] as number;
    const end = this.#ends[this.#head] as number;
    this.#pieces[this.#head] = EMPTY;
    this.#head += 1;
    this.#readOffset += end - start;
    if (this.#head === this.#tail || 2 * this.#head >= COMPACT_FROM + this.#tail) this.#compact();
    return start === 0 && end === piece.length ? piece : piece.subarray(start, end);
  }

  /** Drops everything that is held. */
  discard(): void {
    this.#forgetPieces();
    this.#readOffset = this.#inOrderEnd;
    if (this.#ranges !== undefined) this.#memory.countSegments(-this.#ranges.size);
    this.#ranges = undefined;
    this.#blocks = undefined;
  }

  #appendInOrder(source: Uint8Array, start: number, end: number, owned: boolean): void {
    this.#inOrderEnd += end - start;
    if (owned && end - start >= this.#keepFrom) {
      this.#push(source, start, end);
      return;
    }
    let from = start;
    while (from < end) {
      const count = this.#memory.copy(source, from, end);
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

  #writeOutOfOrder(source: Uint8Array, start: number, end: number, offset: number): void {
    this.#ranges ??= new RangeSet();
    this.#blocks ??= new Map();
    const before = this.#ranges.size;
    this.#ranges.add(offset, offset + end - start - 1);
    this.#memory.countSegments(this.#ranges.size - before);
    let from = start;
    let to = offset;
    while (from < end) {
      const index = Math.floor(to / BLOCK);
      let block = this.#blocks.get(index);
      if (block === undefined) {
        block = new Uint8Array(BLOCK);
        this.#blocks.set(index, block);
      }
      const at = to - index * BLOCK;
      const count = Math.min(end - from, BLOCK - at);
      block.set(source.subarray(from, from + count), at);
      from += count;
      to += count;
    }
  }

  /** Appends what is stored behind the octets that just arrived in order. */
  #joinStored(): void {
    const ranges = this.#ranges as RangeSet;
    const before = ranges.size;
    const previousEnd = this.#inOrderEnd;
    while (ranges.size > 0 && ranges.start(0) <= this.#inOrderEnd) {
      const end = ranges.last(0) + 1;
      ranges.removeLowestRange();
      if (end > this.#inOrderEnd) this.#appendStored(end);
    }
    if (ranges.size !== before) this.#memory.countSegments(ranges.size - before);
    this.#dropBlocks(previousEnd);
  }

  #appendStored(end: number): void {
    const blocks = this.#blocks as Map<number, Uint8Array>;
    while (this.#inOrderEnd < end) {
      const index = Math.floor(this.#inOrderEnd / BLOCK);
      const at = this.#inOrderEnd - index * BLOCK;
      const count = Math.min(end - this.#inOrderEnd, BLOCK - at);
      this.#push(blocks.get(index) as Uint8Array, at, at + count);
      this.#inOrderEnd += count;
    }
  }

  /** Forgets blocks that lie wholly in order; none is needed where nothing is out of order. */
  #dropBlocks(previousEnd: number): void {
    if (this.#ranges?.size === 0) {
      this.#blocks = undefined;
      this.#ranges = undefined;
      return;
    }
    const blocks = this.#blocks as Map<number, Uint8Array>;
    const last = Math.floor(this.#inOrderEnd / BLOCK);
    if (last - Math.floor(previousEnd / BLOCK) <= blocks.size) {
      for (let index = Math.floor(previousEnd / BLOCK); index < last; index++) blocks.delete(index);
      return;
    }
    for (const index of blocks.keys()) if (index < last) blocks.delete(index);
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

/** Pieces read before those behind them move to the front. */
const COMPACT_FROM = 64;
const KEPT_LENGTH = 256;
const EMPTY = new Uint8Array(0);
