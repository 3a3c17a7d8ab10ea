import { LARGE_COUNT_START, RangeSet, UsageError } from '@mpquic/wire';
import type { PieceTable } from './piece-table.ts';
import type { StreamOctets } from './stream-octets.ts';

/** Writes below this are copied together, so that many small ones cost no object each. */
const SMALL_WRITE = 512;
const SMALL_WRITE_BLOCK = 2048;
/** Chunks already acknowledged are dropped from the arrays in batches. */
const COMPACT_AFTER = 32;

/**
 * Octets on their way out of one stream: kept until acknowledged, sent again where lost.
 *
 * Large writes are kept by reference and must stay unchanged. A frame is taken in three steps, so that
 * nothing is allocated: {@link prepare} decides on it, {@link copyFrame} writes its octets,
 * {@link commit} takes note that it was sent. RFC 9000 §2.2, §13.3
 */
export class SendBuffer {
  /** Chunk i holds the octets from offset `#starts[i]` up to `#starts[i + 1]` or {@link end}. */
  #buffers: Uint8Array[] = NO_BUFFERS;
  #starts: number[] = NO_STARTS;
  /** Index of the first chunk that is still needed. */
  #head = 0;
  /** Chunk that the last new octets were copied from. */
  #cursor = 0;
  /** Octets free in the last chunk, where that is a block of small writes. */
  #tailRoom = 0;

  #end: number = LARGE_COUNT_START;
  #nextOffset: number = LARGE_COUNT_START;
  #acknowledgedUpTo: number = LARGE_COUNT_START;
  /** Beyond that, from {@link #origin} on: that far, they are integers that engines hand over as they are. */
  readonly #acknowledged: RangeSet = new RangeSet();
  #origin: number = LARGE_COUNT_START;
  readonly #lost: RangeSet = new RangeSet();
  #fin: 'none' | 'pending' | 'sent' | 'acknowledged' = 'none';

  #frameOffset: number = LARGE_COUNT_START;
  #frameLength = 0;
  #frameFin = false;
  #frameIsNew = false;

  /** Offset behind the last octet written. */
  get end(): number {
    return this.#end;
  }

  /** Offset of the first octet that was never sent. */
  get nextOffset(): number {
    return this.#nextOffset + 0;
  }

  /** Octets written and not acknowledged in one piece from the start. */
  get buffered(): number {
    return this.#end - this.#acknowledgedUpTo;
  }

  get unsent(): number {
    return this.#end - this.#nextOffset;
  }

  get finished(): boolean {
    return this.#fin !== 'none';
  }

  get hasLost(): boolean {
    return this.#lost.size > 0;
  }

  get finPending(): boolean {
    return this.#fin === 'pending';
  }

  /** Whether every octet and the FIN are acknowledged. */
  get allAcknowledged(): boolean {
    return this.#fin === 'acknowledged' && this.#acknowledgedUpTo === this.#end;
  }

  /** Offset of the frame that {@link prepare} would give: known before, as its length on the wire varies. */
  get frameStart(): number {
    return this.#lost.lowest ?? this.nextOffset;
  }

  /** In a sum, where minus zero is zero. */
  get frameOffset(): number {
    return this.#frameOffset + 0;
  }

  get frameLength(): number {
    return this.#frameLength;
  }

  get frameFin(): boolean {
    return this.#frameFin;
  }

  /** Octets of the prepared frame that were never sent before, which flow control counts. */
  get frameNewOctets(): number {
    return this.#frameIsNew ? this.#frameLength : 0;
  }

  /** Appends the first `length` octets of `data`. */
  write(data: Uint8Array, length: number = data.length): void {
    if (data.length >= SMALL_WRITE) {
      this.keep(data, length);
      return;
    }
    if (this.#fin !== 'none') throw new UsageError('the stream is finished');
    if (length === 0) return;
    this.#writeSmall(length === data.length ? data : data.subarray(0, length));
    this.#end += length;
  }

  /** As {@link write} by reference, however few. */
  keep(data: Uint8Array, length: number = data.length): void {
    if (this.#fin !== 'none') throw new UsageError('the stream is finished');
    if (length === 0) return;
    this.#append(data, 0);
    this.#end += length;
  }

  /** The stream ends behind what was written. */
  finish(): void {
    if (this.#fin === 'none') this.#fin = 'pending';
  }

  /**
   * Decides on the next frame: lost octets first, then new ones below offset `limit`. `room` counts
   * octets of data. Returns false where there is nothing to send.
   */
  prepare(room: number, limit: number): boolean {
    const lost = this.#lost.lowest;
    if (lost !== undefined) {
      this.#frameIsNew = false;
      this.#frameOffset = lost;
      this.#frameLength = Math.min(room, this.#lost.last(0) + 1 - lost);
      this.#frameFin = this.#fin !== 'none' && lost + this.#frameLength === this.#end;
      return this.#frameLength > 0;
    }
    const available = Math.min(this.#end, limit) - this.#nextOffset;
    this.#frameIsNew = true;
    this.#frameOffset = this.#nextOffset;
    this.#frameLength = Math.max(0, Math.min(room, available));
    this.#frameFin = this.#fin === 'pending' && this.#frameOffset + this.#frameLength === this.#end;
    return this.#frameLength > 0 || this.#frameFin;
  }

  /** Copies the prepared frame's octets to `into`, from `at` on, or leaves that to `pieces`. */
  copyFrame(into: Uint8Array, at: number, pieces?: PieceTable): void {
    this.copy(this.#frameOffset - this.#nextOffset, this.#frameLength, into, at, pieces);
  }

  /**
   * Copies `length` octets to `into`, from `at` on, or leaves that to `pieces` as far as these take them: from `ahead` octets
   * behind those that were sent on. Relative, as offsets themselves outgrow the integers that engines keep unboxed.
   */
  copy(ahead: number, length: number, into: Uint8Array, at: number, pieces?: PieceTable): void {
    if (length === 0) return;
    const end = at + length;
    let index = this.#chunkAt(ahead);
    let start = this.#nextOffset + ahead - (this.#starts[index] as number);
    for (let to = at; ; index += 1) {
      const chunk = this.#buffers[index] as Uint8Array;
      const count = Math.min(end - to, this.#chunkLength(index) - start);
      if (pieces?.add(chunk, start, to, count) !== true) {
        const whole = start === 0 && count === chunk.length;
        into.set(whole ? chunk : chunk.subarray(start, start + count), to);
      }
      to += count;
      if (to >= end) break;
      start = 0;
    }
    if (ahead >= 0) this.#cursor = index;
  }

  /** Frames of `length` new octets each, `credit` octets at most, in front of the one that ends the stream. */
  fullFrames(length: number, credit: number): number {
    const beforeFin = this.#fin === 'pending' ? this.unsent - 1 : this.unsent;
    return Math.max(0, Math.floor(Math.min(beforeFin, credit) / length));
  }

  /** So many octets left that were never sent before, in frames that {@link fullFrames} told of. */
  sent(octets: number): void {
    this.#nextOffset += octets;
  }

  /** The prepared frame left. */
  commit(): void {
    if (this.#frameIsNew) {
      this.#nextOffset += this.#frameLength;
    } else {
      this.#lost.remove(this.#frameOffset, this.#frameOffset + this.#frameLength - 1);
    }
    if (this.#frameFin && this.#fin === 'pending') this.#fin = 'sent';
  }

  /** These octets were acknowledged. */
  acknowledge({ offset, length, fin }: StreamOctets): void {
    if (fin === true) this.#fin = 'acknowledged';
    if (length === 0) return;
    const end = offset + length;
    if (this.#lost.size > 0) this.#lost.remove(offset, end - 1);
    if (end <= this.#acknowledgedUpTo) return;
    if (this.#acknowledged.size === 0) this.#origin = this.#acknowledgedUpTo;
    const first = offset - this.#origin;
    if (offset > this.#acknowledgedUpTo) {
      this.#acknowledged.add(first, first + length - 1);
      return;
    }
    let upTo = first + length;
    while (this.#acknowledged.size > 0 && this.#acknowledged.start(0) <= upTo) {
      upTo = Math.max(upTo, this.#acknowledged.last(0) + 1);
      this.#acknowledged.removeLowestRange();
    }
    this.#acknowledgedUpTo = this.#origin + upTo;
    this.#release();
  }

  /** These octets were lost: what of them is still unacknowledged is sent again. */
  lose({ offset, length, fin }: StreamOctets): void {
    if (fin === true && this.#fin === 'sent') this.#fin = 'pending';
    const start = Math.max(offset, this.#acknowledgedUpTo);
    const last = offset + length - 1;
    if (start > last) return;
    this.#lost.add(start, last);
    for (let i = 0; i < this.#acknowledged.size; i++) {
      const from = this.#origin + this.#acknowledged.start(i);
      const to = this.#origin + this.#acknowledged.last(i);
      if (from > last) break;
      if (to >= start) this.#lost.remove(from, to);
    }
  }

  /** Counts all octets as never sent, none of which was acknowledged; after {@link discard} there are none. */
  restart(): void {
    if (this.#buffers.length === 0) this.#end = 0;
    this.#nextOffset = 0;
    this.#acknowledgedUpTo = 0;
    this.#lost.clear();
    this.#cursor = 0;
    if (this.#fin === 'sent') this.#fin = 'pending';
  }

  /** Drops all octets; nothing is sent any more. */
  discard(): void {
    this.#buffers = NO_BUFFERS;
    this.#starts = NO_STARTS;
    this.#head = 0;
    this.#cursor = 0;
    this.#tailRoom = 0;
    this.#lost.clear();
    this.#acknowledged.clear();
    this.#end = this.#nextOffset;
    this.#acknowledgedUpTo = this.#nextOffset;
    this.#fin = 'sent';
  }

  #writeSmall(data: Uint8Array): void {
    if (this.#tailRoom < data.length) {
      this.#append(new Uint8Array(SMALL_WRITE_BLOCK), SMALL_WRITE_BLOCK);
    }
    const last = this.#buffers.length - 1;
    (this.#buffers[last] as Uint8Array).set(data, this.#end - (this.#starts[last] as number));
    this.#tailRoom -= data.length;
  }

  #append(buffer: Uint8Array, room: number): void {
    if (this.#buffers.length === 0) {
      // Few streams ever hold more than one; arrays that are pushed to have room for many.
      this.#buffers = [buffer];
      this.#starts = [this.#end];
    } else {
      this.#buffers.push(buffer);
      this.#starts.push(this.#end);
    }
    this.#tailRoom = room;
  }

  #chunkLength(index: number): number {
    const { length } = this.#starts;
    const end = index + 1 < length ? (this.#starts[index + 1] as number) : this.#end;
    return end - (this.#starts[index] as number);
  }

  /** Index of the chunk that holds the octet `ahead` of those that were sent. */
  #chunkAt(ahead: number): number {
    const offset = this.#nextOffset + ahead;
    for (let index = this.#cursor; index <= this.#cursor + 1; index++) {
      if (index >= this.#starts.length) break;
      const place = offset - (this.#starts[index] as number);
      if (place >= 0 && place < this.#chunkLength(index)) return index;
    }
    let low = this.#head;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#starts[middle] as number) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Lets go of chunks that are acknowledged whole. */
  #release(): void {
    while (this.#head < this.#buffers.length) {
      const start = this.#starts[this.#head] as number;
      if (this.#acknowledgedUpTo - start < this.#chunkLength(this.#head)) break;
      this.#buffers[this.#head] = EMPTY;
      this.#head += 1;
    }
    if (this.#head === 0) return;
    if (this.#head === this.#buffers.length) {
      this.#buffers = NO_BUFFERS;
      this.#starts = NO_STARTS;
      this.#tailRoom = 0;
    } else {
      if (this.#head < COMPACT_AFTER) return;
      this.#buffers.splice(0, this.#head);
      this.#starts.splice(0, this.#head);
    }
    this.#cursor = Math.max(0, this.#cursor - this.#head);
    this.#head = 0;
  }
}

const EMPTY = new Uint8Array(0);
/** Of streams that hold nothing. */
const NO_BUFFERS: Uint8Array[] = [];
const NO_STARTS: number[] = [];
