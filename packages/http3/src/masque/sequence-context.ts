import {
  ByteReader,
  ByteWriter,
  readUint32,
  UnexpectedEnd,
  VarintTooLarge,
  writeUint32,
} from '@mpquic/wire';
import { Http3StreamError } from '../error-code.ts';

/** Bits of a sequence number on the wire. */
export type SequenceBits = 8 | 16 | 32 | 64;
const SEQUENCE_BITS: ReadonlySet<number> = new Set([8, 16, 32, 64]);

/** REGISTER_SEQUENCE_CONTEXT. draft-ihlar-masque-datagram-numbers-01 §3.1 */
export interface SequenceContext {
  readonly contextId: number;
  /** What follows the sequence number. */
  readonly payloadContextId: number;
  /** May be left out but in the first one of a stream. */
  readonly bits: SequenceBits | undefined;
}

export function encodeSequenceContext(context: SequenceContext): Uint8Array {
  const writer = new ByteWriter(17).varint(context.contextId).varint(context.payloadContextId);
  if (context.bits !== undefined) writer.uint8(context.bits);
  return writer.finish();
}

/** @throws {Http3StreamError} where it is cut short, too long or has another size */
export function decodeSequenceContext(value: Uint8Array): SequenceContext {
  const reader = new ByteReader(value);
  try {
    const contextId = reader.varint();
    const payloadContextId = reader.varint();
    const bits = reader.remaining > 0 ? reader.uint8() : undefined;
    if (bits !== undefined && !isSequenceBits(bits)) malformed(`sequence numbers of ${bits} bits`);
    if (reader.remaining > 0) malformed('octets behind the capsule');
    return { contextId, payloadContextId, bits };
  } catch (error) {
    if (error instanceof UnexpectedEnd || error instanceof VarintTooLarge) malformed(error.message);
    throw error;
  }
}

function isSequenceBits(bits: number): bits is SequenceBits {
  return SEQUENCE_BITS.has(bits);
}

function malformed(reason: string): never {
  throw new Http3StreamError('H3_MESSAGE_ERROR', `REGISTER_SEQUENCE_CONTEXT: ${reason}`);
}

/** Numbers the datagrams that this side sends: 32 bits, from 0, around to 0 again. */
export class SequenceWriter {
  /** Context ID and sequence number, as they stand in front of the payload. Lent until the next call. */
  readonly #head: Uint8Array;
  #next = 0;

  /** @param contextId below 64 */
  constructor(contextId: number) {
    this.#head = new Uint8Array([contextId, 0, 0, 0, 0]);
  }

  nextHead(): Uint8Array {
    writeUint32(this.#head, 1, this.#next);
    this.#next = (this.#next + 1) >>> 0;
    return this.#head;
  }
}

/** Reads the sequence numbers of the peer, and counts them on where they wrap around. */
export class SequenceReader {
  readonly octets: number;
  #expected = 0;

  constructor(bits: SequenceBits) {
    this.octets = bits / 8;
  }

  /** The number at `at`, which lies within `octets`: the closest one to what is expected. */
  read(bytes: Uint8Array, at: number): number {
    const sequence = this.octets === 8 ? read64(bytes, at) : this.#closest(bytes, at);
    this.#expected = Math.max(this.#expected, sequence + 1);
    return sequence;
  }

  #closest(bytes: Uint8Array, at: number): number {
    let truncated = 0;
    for (let i = 0; i < this.octets; i++) truncated = truncated * 256 + (bytes[at + i] as number);
    const window = 2 ** (8 * this.octets);
    const candidate = this.#expected - (this.#expected % window) + truncated;
    if (candidate + window / 2 <= this.#expected) return candidate + window;
    const wrapped = candidate > this.#expected + window / 2 && candidate >= window;
    return wrapped ? candidate - window : candidate;
  }
}

/** Above 2^53-1 numbers saturate, which no sender reaches. */
function read64(bytes: Uint8Array, at: number): number {
  const value = readUint32(bytes, at) * 2 ** 32 + readUint32(bytes, at + 4);
  return Math.min(value, Number.MAX_SAFE_INTEGER - 1);
}
