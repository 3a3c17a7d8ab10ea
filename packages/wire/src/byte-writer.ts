import { utf8 } from './bytes.ts';
import { UsageError } from './errors.ts';
import { varintLength, writeUint32, writeVarint } from './varint.ts';

/**
 * A byte string that grows as it is written, in memory that writers use one after the other. For hot paths write
 * into a slab with `writeVarint`.
 */
export class ByteWriter {
  #bytes: Uint8Array;
  #length = 0;

  /** @param capacity octets that are expected, where they are many */
  constructor(capacity = 0) {
    if (capacity > SPARE_LENGTH) {
      this.#bytes = new Uint8Array(capacity);
      return;
    }
    this.#bytes = spare ?? new Uint8Array(SPARE_LENGTH);
    spare = undefined;
  }

  /** Octets written so far. */
  get length(): number {
    return this.#length;
  }

  uint8(value: number): this {
    const at = this.#grow(1);
    this.#bytes[at] = value;
    return this;
  }

  uint16(value: number): this {
    const at = this.#grow(2);
    this.#bytes[at] = value >>> 8;
    this.#bytes[at + 1] = value;
    return this;
  }

  uint24(value: number): this {
    const at = this.#grow(3);
    this.#bytes[at] = value >>> 16;
    this.#bytes[at + 1] = value >>> 8;
    this.#bytes[at + 2] = value;
    return this;
  }

  uint32(value: number): this {
    const at = this.#grow(4);
    writeUint32(this.#bytes, at, value);
    return this;
  }

  uint64(value: bigint): this {
    this.uint32(Number(value >> 32n));
    return this.uint32(Number(value & 0xffff_ffffn));
  }

  /** Shortest form. RFC 9000 §16. */
  varint(value: number): this {
    const at = this.#grow(varintLength(value));
    writeVarint(this.#bytes, at, value);
    return this;
  }

  /** Shortest form, the whole range up to 2^62-1. RFC 9000 §16. */
  varint62(value: bigint): this {
    if (value < 1n << 30n) return this.varint(Number(value));
    return this.uint64(value | 0xc000_0000_0000_0000n);
  }

  bytes(value: Uint8Array): this {
    const at = this.#grow(value.length);
    this.#bytes.set(value, at);
    return this;
  }

  zeros(count: number): this {
    this.#grow(count);
    return this;
  }

  /** The octets of a text in UTF-8. */
  text(value: string): this {
    const at = this.#grow(value.length);
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i);
      if (unit >= 0x80) {
        this.#length = at;
        return this.bytes(utf8(value));
      }
      this.#bytes[at + i] = unit;
    }
    return this;
  }

  /** `value` behind its length, as {@link vector}. */
  byteVector(lengthOctets: 1 | 2 | 3, value: Uint8Array): this {
    return this.vector(lengthOctets, writeBytes, value);
  }

  /**
   * What `body` writes, behind its length in `lengthOctets` octets, most significant first. With `value`, which `body` is
   * given, hot paths need no closure.
   * @throws {UsageError} where the body is too long for that length
   */
  vector(lengthOctets: 1 | 2 | 3, body: (writer: this) => void): this;
  vector<T>(lengthOctets: 1 | 2 | 3, body: (writer: this, value: T) => void, value: T): this;
  vector<T>(lengthOctets: 1 | 2 | 3, body: (writer: this, value: T) => void, value?: T): this {
    const at = this.#grow(lengthOctets);
    body(this, value as T);
    const length = this.#length - at - lengthOctets;
    if (length >= 256 ** lengthOctets) {
      throw new UsageError(`${length} octets do not fit a ${lengthOctets}-octet length`);
    }
    for (let i = 0; i < lengthOctets; i++) {
      this.#bytes[at + i] = length >>> (8 * (lengthOctets - 1 - i));
    }
    return this;
  }

  /** What `body` writes, behind its length in the shortest form. RFC 9000 §16. */
  varintVector(body: (writer: this) => void): this {
    const at = this.#grow(1);
    body(this);
    const length = this.#length - at - 1;
    const extra = varintLength(length) - 1;
    if (extra > 0) {
      this.#grow(extra);
      this.#bytes.copyWithin(at + 1 + extra, at + 1, at + 1 + length);
    }
    writeVarint(this.#bytes, at, length);
    return this;
  }

  /**
   * A copy of what was written; the writer is empty then.
   * @param copy makes it, of the first `length` octets
   */
  finish(copy: (memory: Uint8Array, length: number) => Uint8Array = slice): Uint8Array {
    const written = copy(this.#bytes, this.#length);
    this.#bytes.fill(0, 0, this.#length);
    this.#length = 0;
    if (this.#bytes.length === SPARE_LENGTH) spare = this.#bytes;
    this.#bytes = NOTHING;
    return written;
  }

  #grow(count: number): number {
    const at = this.#length;
    const needed = at + count;
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, at));
      this.#bytes = larger;
    }
    this.#length = needed;
    return at;
  }
}

function slice(memory: Uint8Array, length: number): Uint8Array {
  return memory.slice(0, length);
}

function writeBytes(writer: ByteWriter, value: Uint8Array): void {
  writer.bytes(value);
}

const NOTHING = new Uint8Array(0);
const SPARE_LENGTH = 1024;
/** Memory of the writer that was finished last: all zeros. */
let spare: Uint8Array | undefined;
