import { TransportError } from '../transport-error.ts';
import { BlockPool } from './block-pool.ts';
import { Reassembly } from './reassembly.ts';
import { ReceiveMemory } from './receive-memory.ts';
import { SendBuffer } from './send-buffer.ts';
import type { StreamOctets } from './stream-octets.ts';

/** Octets buffered out of order, at least 4096. RFC 9000 §7.5 */
const RECEIVE_LIMIT = 65_536;
/** A handshake message comes in few packets: more gaps are an attack. */
const MAX_SEGMENTS = 256;
/** Octets of the first chunk that is copied into. */
const FIRST_CHUNK = 512;

/**
 * The handshake octets of one encryption level, both ways, without flow control. RFC 9000 §7.5, §19.6
 *
 * Octets in order are lent to the reader: nearly all of a handshake is read before the next packet comes.
 *
 * For sending, {@link prepare}, {@link copyFrame}, {@link commit}, {@link acknowledge} and {@link lose}
 * work as on a stream.
 */
export class CryptoStream {
  readonly #receiveLimit: number;
  readonly #buffer: SendBuffer = new SendBuffer();
  #readOffset = 0;
  /** Octets `#lentStart` to `#lentEnd` of it are to be read next. */
  #lent: Uint8Array | undefined;
  #lentStart = 0;
  #lentEnd = 0;
  /** Takes all there is from the first frame on that does not go to the reader as it comes. */
  #reassembly: Reassembly | undefined;

  constructor(receiveLimit: number = RECEIVE_LIMIT) {
    this.#receiveLimit = receiveLimit;
  }

  /**
   * A CRYPTO frame: octets `start` to `end` (excluded) of `source`, belonging at `offset`. Those in order are to be
   * {@link read} before `source` changes.
   * @throws {TransportError} CRYPTO_BUFFER_EXCEEDED
   */
  receive(source: Uint8Array, start: number, end: number, offset: number): void {
    if (offset + end - start > this.#nextToRead + this.#receiveLimit) {
      throw new TransportError('CRYPTO_BUFFER_EXCEEDED', 'too much handshake data out of order');
    }
    if (this.#reassembly === undefined && this.#lent === undefined && offset <= this.#readOffset) {
      this.#lend(source, start + this.#readOffset - offset, end);
    } else {
      this.#reassembly ??= this.#beginReassembly();
      this.#reassembly.write(source, start, end, offset, true);
    }
  }

  /** The next octets in order, or undefined. They may be views of what {@link receive} was given. */
  read(): Uint8Array | undefined {
    if (this.#reassembly !== undefined) return this.#reassembly.read();
    const lent = this.#lent;
    if (lent === undefined) return undefined;
    this.#lent = undefined;
    this.#readOffset += this.#lentEnd - this.#lentStart;
    return lent.subarray(this.#lentStart, this.#lentEnd);
  }

  /** Whether octets wait for ones before them: a change of keys now would be an error. RFC 9001 §4.1.3 */
  get hasGaps(): boolean {
    return this.#reassembly?.hasGaps === true;
  }

  /** Offset of the next octet to read. */
  get #nextToRead(): number {
    return this.#reassembly?.readOffset ?? this.#readOffset;
  }

  #lend(source: Uint8Array, start: number, end: number): void {
    if (start >= end) return;
    this.#lent = source;
    this.#lentStart = start;
    this.#lentEnd = end;
  }

  #beginReassembly(): Reassembly {
    const memory = new ReceiveMemory(new BlockPool(), undefined, MAX_SEGMENTS, FIRST_CHUNK);
    const reassembly = new Reassembly(memory, 1, this.#readOffset);
    const lent = this.#lent;
    if (lent !== undefined) {
      reassembly.write(lent, this.#lentStart, this.#lentEnd, this.#readOffset, true);
    }
    this.#lent = undefined;
    return reassembly;
  }

  /** Queues octets, to stay unchanged until acknowledged. */
  write(data: Uint8Array): void {
    this.#buffer.keep(data);
  }

  get hasFrame(): boolean {
    return this.#buffer.hasLost || this.#buffer.unsent > 0;
  }

  /** Whether anything was sent that is not acknowledged. */
  get isUnacknowledged(): boolean {
    return this.#buffer.buffered > this.#buffer.unsent;
  }

  /** Offset of the next frame, which its header's length depends on. */
  get frameStart(): number {
    return this.#buffer.frameStart;
  }

  prepare(room: number): boolean {
    return this.#buffer.prepare(room, Number.POSITIVE_INFINITY);
  }

  get frameOffset(): number {
    return this.#buffer.frameOffset;
  }

  get frameLength(): number {
    return this.#buffer.frameLength;
  }

  copyFrame(into: Uint8Array, at: number): void {
    this.#buffer.copyFrame(into, at);
  }

  commit(): void {
    this.#buffer.commit();
  }

  acknowledge(octets: StreamOctets): void {
    this.#buffer.acknowledge(octets);
  }

  lose(octets: StreamOctets): void {
    this.#buffer.lose(octets);
  }

  /** Everything sent and unacknowledged is sent again: after Retry. RFC 9000 §17.2.5.2 */
  loseAll(): void {
    this.#buffer.lose({ offset: 0, length: this.#buffer.nextOffset });
  }

  /** Drops what is held: the keys of this level are gone. */
  discard(): void {
    this.#lent = undefined;
    this.#reassembly?.discard();
    this.#buffer.discard();
  }
}
