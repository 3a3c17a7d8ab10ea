import { plainOctets } from './bytes.ts';
import { UnexpectedEnd, VarintTooLarge } from './errors.ts';
import { readUint32, readVarint } from './varint.ts';

/**
 * A cursor over bytes it does not own. Byte strings that it returns are plain views, valid as long as the
 * caller keeps the underlying buffer unchanged. Every method throws {@link UnexpectedEnd} where the
 * bytes run out, and leaves the cursor where it was.
 */
export class ByteReader {
  #bytes: Uint8Array;
  #offset: number;
  #end: number;

  constructor(bytes: Uint8Array, start = 0, end: number = bytes.length) {
    this.#bytes = plainOctets(bytes);
    this.#offset = start;
    this.#end = end;
  }

  /** Starts over on other bytes, so that one reader serves a hot path. */
  reset(bytes: Uint8Array, start = 0, end: number = bytes.length): this {
    this.#bytes = plainOctets(bytes);
    this.#offset = start;
    this.#end = end;
    return this;
  }

  /** The bytes under the cursor, for callers that work with offsets. */
  get source(): Uint8Array {
    return this.#bytes;
  }

  /** Offset of the cursor in {@link source}. */
  get offset(): number {
    return this.#offset;
  }

  get end(): number {
    return this.#end;
  }

  get remaining(): number {
    return this.#end - this.#offset;
  }

  uint8(): number {
    return this.#bytes[this.#take(1)] as number;
  }

  /** The next octet, which stays unread. */
  peek(): number {
    if (this.#offset >= this.#end) throw new UnexpectedEnd('no octet left');
    return this.#bytes[this.#offset] as number;
  }

  uint16(): number {
    const at = this.#take(2);
    return ((this.#bytes[at] as number) << 8) | (this.#bytes[at + 1] as number);
  }

  uint24(): number {
    const at = this.#take(3);
    return (
      ((this.#bytes[at] as number) << 16) |
      ((this.#bytes[at + 1] as number) << 8) |
      (this.#bytes[at + 2] as number)
    );
  }

  uint32(): number {
    return readUint32(this.#bytes, this.#take(4));
  }

  uint64(): bigint {
    const at = this.#take(8);
    return (BigInt(readUint32(this.#bytes, at)) << 32n) | BigInt(readUint32(this.#bytes, at + 4));
  }

  /** RFC 9000 §16. @throws {VarintTooLarge} above 2^53-1 */
  varint(): number {
    const at = this.#offset;
    const value = readVarint(this.#bytes, at, this.#end);
    this.#offset = at + (1 << ((this.#bytes[at] as number) >> 6));
    return value;
  }

  /** RFC 9000 §16, the whole range. */
  varint62(): bigint {
    if (this.peek() < 0xc0) return BigInt(this.varint());
    return this.uint64() & 0x3fff_ffff_ffff_ffffn;
  }

  /** As {@link varint}, with values above 2^53-1 read as 2^53-1: for limits, which only grow. */
  varintSaturating(): number {
    try {
      return this.varint();
    } catch (error) {
      if (!(error instanceof VarintTooLarge)) throw error;
      this.#take(8);
      return Number.MAX_SAFE_INTEGER;
    }
  }

  /**
   * Leaves only the next `length` octets to read, for what has a length in front of it. Returns the end before, which
   * {@link widen} takes when they are read.
   */
  narrow(length: number): number {
    const at = this.#take(length);
    const end = this.#end;
    this.#offset = at;
    this.#end = at + length;
    return end;
  }

  /** @param end what {@link narrow} returned */
  widen(end: number): void {
    this.#end = end;
  }

  /** A view of the next `length` octets. */
  bytes(length: number): Uint8Array {
    const at = this.#take(length);
    if (length === 0) return NOTHING;
    return this.#bytes.subarray(at, at + length);
  }

  /** Copies the next octets, as many as `into` has. */
  fill(into: Uint8Array): void {
    const bytes = this.#bytes;
    const at = this.#take(into.length);
    for (let i = 0; i < into.length; i++) into[i] = bytes[at + i] as number;
  }

  /** A view of all that is left. */
  rest(): Uint8Array {
    return this.bytes(this.remaining);
  }

  skip(length: number): void {
    this.#take(length);
  }

  #take(length: number): number {
    const at = this.#offset;
    if (length > this.#end - at || length < 0) {
      throw new UnexpectedEnd(`${length} octets wanted, ${this.#end - at} left`);
    }
    this.#offset = at + length;
    return at;
  }
}

const NOTHING: Uint8Array = new Uint8Array(0);
