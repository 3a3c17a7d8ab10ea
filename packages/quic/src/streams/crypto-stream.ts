import { TransportError } from '../transport-error.ts';
import { BlockPool } from './block-pool.ts';
import { Reassembly } from './reassembly.ts';
import { ReceiveMemory } from './receive-memory.ts';
import { SendBuffer } from './send-buffer.ts';

/** Octets buffered out of order, at least 4096. RFC 9000 §7.5 */
const RECEIVE_LIMIT = 65_536;
/** A handshake message comes in few packets: more gaps are an attack. */
const MAX_SEGMENTS = 256;
/** Octets; they are read as soon as they are in order. */
const FIRST_CHUNK = 512;

/**
 * The handshake octets of one encryption level, both ways, without flow control. RFC 9000 §7.5, §19.6
 *
 * For sending, {@link prepare}, {@link copyFrame}, {@link commit}, {@link acknowledge} and {@link lose}
 * work as on a stream.
 */
export class CryptoStream {
  readonly #receiveLimit: number;
  readonly #reassembly: Reassembly;
  readonly #buffer: SendBuffer = new SendBuffer();

  constructor(receiveLimit: number = RECEIVE_LIMIT) {
    this.#receiveLimit = receiveLimit;
    this.#reassembly = new Reassembly(
      new ReceiveMemory(new BlockPool(), undefined, MAX_SEGMENTS, FIRST_CHUNK),
      1,
    );
  }

  /**
   * A CRYPTO frame: octets `start` to `end` (excluded) of `source`, belonging at `offset`. With `owned`, the caller
   * never touches `source` again.
   * @throws {TransportError} CRYPTO_BUFFER_EXCEEDED
   */
  receive(source: Uint8Array, start: number, end: number, offset: number, owned = false): void {
    if (offset + end - start > this.#reassembly.readOffset + this.#receiveLimit) {
      throw new TransportError('CRYPTO_BUFFER_EXCEEDED', 'too much handshake data out of order');
    }
    this.#reassembly.write(source, start, end, offset, owned);
  }

  /** The next octets in order, or undefined. */
  read(): Uint8Array | undefined {
    return this.#reassembly.read();
  }

  /** Whether octets wait for ones before them: a change of keys now would be an error. RFC 9001 §4.1.3 */
  get hasGaps(): boolean {
    return this.#reassembly.hasGaps;
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

  acknowledge(offset: number, length: number): void {
    this.#buffer.acknowledge(offset, length, false);
  }

  lose(offset: number, length: number): void {
    this.#buffer.lose(offset, length, false);
  }

  /** Everything sent and unacknowledged is sent again: after Retry. RFC 9000 §17.2.5.2 */
  loseAll(): void {
    this.#buffer.lose(0, this.#buffer.nextOffset, false);
  }

  /** Drops what is held: the keys of this level are gone. */
  discard(): void {
    this.#reassembly.discard();
    this.#buffer.discard();
  }
}
