import type { ByteReader, ByteWriter } from '@mpquic/wire';
import { MalformedValue } from '../errors.ts';
import { subReader } from './sub-reader.ts';

/**
 * Reads and writes the value part of an information element. `read` gets a reader that ends where the
 * value ends; octets that it leaves are ignored, so that later releases may append (TS 24.007 §11.2.5).
 * It throws `UnexpectedEnd` or {@link MalformedValue}. Byte strings read are views of the message.
 */
export interface ValueCodec<T> {
  read(reader: ByteReader): T;
  write(writer: ByteWriter, value: T): void;
}

/** A value of half an octet, 0 to 15. */
export interface HalfCodec<T> {
  read(bits: number): T;
  write(value: T): number;
}

/** Half an octet as a plain number. */
export const nibble: HalfCodec<number> = { read: (bits) => bits, write: (value) => value & 0x0f };

export const uint8: ValueCodec<number> = {
  read: (reader) => reader.uint8(),
  write: (writer, value) => writer.uint8(value),
};

export const uint16: ValueCodec<number> = {
  read: (reader) => reader.uint16(),
  write: (writer, value) => writer.uint16(value),
};

/** All octets of the value, at least `minimum` and at most `maximum`. */
export function octets(minimum = 0, maximum = 65535): ValueCodec<Uint8Array> {
  return {
    read(reader) {
      if (reader.remaining < minimum || reader.remaining > maximum) {
        throw new MalformedValue(`${reader.remaining} octets, not ${minimum} to ${maximum}`);
      }
      return reader.rest();
    },
    write: (writer, value) => writer.bytes(value),
  };
}

/** The first `length` octets of the value. */
export function fixedOctets(length: number): ValueCodec<Uint8Array> {
  return {
    read: (reader) => reader.bytes(length),
    write: (writer, value) => writer.bytes(value),
  };
}

/** One value behind the other up to the end, at most `maximum` of them. */
export function listOf<T>(item: ValueCodec<T>, maximum: number): ValueCodec<readonly T[]> {
  return {
    read(reader) {
      const items: T[] = [];
      while (reader.remaining > 0) {
        if (items.length === maximum) throw new MalformedValue(`more than ${maximum} entries`);
        items.push(item.read(reader));
      }
      return items;
    },
    write(writer, items) {
      for (const value of items) item.write(writer, value);
    },
  };
}

/** A value behind its own length in one or two octets. */
export function prefixed<T>(lengthOctets: 1 | 2, inner: ValueCodec<T>): ValueCodec<T> {
  return {
    read(reader) {
      const length = lengthOctets === 1 ? reader.uint8() : reader.uint16();
      return inner.read(subReader(reader, length));
    },
    write(writer, value) {
      writer.vector(lengthOctets, (body) => inner.write(body, value));
    },
  };
}

/** A bit mask as a 16-bit number of which octet 1 holds bits 0 to 7: PDU session status and its like. */
export const sessionBitmap: ValueCodec<number> = {
  read: (reader) => reader.uint8() | (reader.uint8() << 8),
  write: (writer, value) => writer.uint8(value & 0xff).uint8(value >>> 8),
};
