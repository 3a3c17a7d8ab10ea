import { RangeSet } from '@mpquic/wire';
import { BLOCK_LENGTH } from './block-pool.ts';
import { BlockRing } from './block-ring.ts';
import type { ReceiveMemory } from './receive-memory.ts';
import type { StreamPieces } from './stream-pieces.ts';

/**
 * Octets of one stream that wait for ones before them, each at its place in a block of memory: so they take no more
 * than the span that flow control allows, however small and scattered the frames are.
 */
export class OutOfOrderOctets {
  readonly #memory: ReceiveMemory;
  readonly #ranges: RangeSet = new RangeSet();
  readonly #blocks: BlockRing = new BlockRing();

  constructor(memory: ReceiveMemory) {
    this.#memory = memory;
  }

  get isEmpty(): boolean {
    return this.#ranges.size === 0;
  }

  /**
   * Keeps a copy of octets `start` to `end` (excluded) of `source`, which belong at `offset`; of a buffer that is likely to
   * come again where it is only `lent`.
   */
  write(source: Uint8Array, start: number, end: number, offset: number, lent: boolean): void {
    this.#note(offset, end - start);
    let from = start;
    let to = offset;
    while (from < end) {
      const block = this.block(blockNumber(to));
      const at = placeInBlock(to);
      const count = Math.min(end - from, BLOCK_LENGTH - at);
      block.set(this.#memory.view(source, from, from + count, lent), at);
      from += count;
      to += count;
    }
  }

  /** As {@link write}, all that is left of `pieces`. */
  writePieces(pieces: StreamPieces): void {
    this.#note(pieces.offset, pieces.length);
    while (pieces.length > 0) {
      const at = placeInBlock(pieces.offset);
      const block = this.block(blockNumber(pieces.offset));
      pieces.moveTo(block, at, Math.min(pieces.length, BLOCK_LENGTH - at));
    }
  }

  #note(offset: number, length: number): void {
    const before = this.#ranges.size;
    this.#ranges.add(offset, offset + length - 1);
    this.#memory.countSegments(this.#ranges.size - before);
  }

  /**
   * Where the octets that follow `offset` without a gap end, or `offset` where there are none. Forgets what lies
   * before; the octets stay until {@link drop}.
   */
  takeRange(offset: number): number {
    const ranges = this.#ranges;
    const before = ranges.size;
    let end = offset;
    while (ranges.size > 0 && ranges.start(0) <= end) {
      end = Math.max(end, ranges.last(0) + 1);
      ranges.removeLowestRange();
    }
    if (ranges.size !== before) this.#memory.countSegments(ranges.size - before);
    return end;
  }

  /** The block with a {@link blockNumber}, in which an octet stands at its {@link placeInBlock}. */
  block(number: number): Uint8Array {
    return this.#blocks.get(number) ?? this.#blocks.put(number, this.#memory.blocks.take());
  }

  /** Gives back the blocks from one number up to another (excluded), all of them where nothing waits. */
  drop(from: number, to: number): void {
    const isAll = this.isEmpty;
    const end = isAll ? this.#blocks.end : to;
    for (let number = isAll ? this.#blocks.start : from; number < end; number++) {
      const block = this.#blocks.remove(number);
      if (block !== undefined) this.#memory.releaseBlock(block);
    }
  }

  /** Drops everything. */
  clear(): void {
    this.#memory.countSegments(-this.#ranges.size);
    this.#ranges.clear();
    this.drop(0, 0);
  }
}

/** Of the block in which the octet at `offset` stands. */
export function blockNumber(offset: number): number {
  return Math.floor(offset / BLOCK_LENGTH);
}

/** Where in its block the octet at `offset` stands. The remainder of large numbers takes an engine ten times as long. */
export function placeInBlock(offset: number): number {
  return offset - BLOCK_LENGTH * Math.floor(offset / BLOCK_LENGTH);
}
