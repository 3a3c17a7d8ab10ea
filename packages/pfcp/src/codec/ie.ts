import type { ByteReader, ByteWriter } from '@mpquic/wire';
import { type Member, readMembers, writeMembers } from './member.ts';

/**
 * An information element. `read` gets a reader that ends where the value ends; octets it leaves are
 * ignored, so that later releases may append. It throws `UnexpectedEnd` or `MalformedIe`. What it returns
 * refers to no octet of the message.
 */
export interface Ie<T> {
  readonly type: number;
  /** As in TS 29.244 §8.1.2. */
  readonly name: string;
  /** Of a vendor-specific element, written and checked outside `read` and `write`. */
  readonly enterprise?: number;
  read(reader: ByteReader): T;
  write(writer: ByteWriter, value: T): void;
}

/** An element whose value is a list of elements. */
export function grouped<G>(type: number, name: string, members: readonly Member<G>[]): Ie<G> {
  return {
    type,
    name,
    read: (reader) => readMembers(members, reader, type) as G,
    write: (writer, group) => writeMembers(members, writer, group),
  };
}

export function uint8Ie(type: number, name: string): Ie<number> {
  return {
    type,
    name,
    read: (reader) => reader.uint8(),
    write: (writer, value) => writer.uint8(value),
  };
}

/** The lower half of one octet; the upper half is spare. */
export function nibbleIe(type: number, name: string): Ie<number> {
  return {
    type,
    name,
    read: (reader) => reader.uint8() & 0x0f,
    write: (writer, value) => writer.uint8(value & 0x0f),
  };
}

export function uint16Ie(type: number, name: string): Ie<number> {
  return {
    type,
    name,
    read: (reader) => reader.uint16(),
    write: (writer, value) => writer.uint16(value),
  };
}

export function uint32Ie(type: number, name: string): Ie<number> {
  return {
    type,
    name,
    read: (reader) => reader.uint32(),
    write: (writer, value) => writer.uint32(value),
  };
}

/** All octets of the value, copied. */
export function octetsIe(type: number, name: string): Ie<Uint8Array> {
  return {
    type,
    name,
    read: (reader) => reader.rest().slice(),
    write: (writer, value) => writer.bytes(value),
  };
}

/**
 * Named bits, octet by octet from the least significant bit; the value is the list of names that are set.
 * Bits without a name are ignored; octets behind the last set bit but `minimumOctets` are not written.
 */
export function flagsIe<F extends string>(
  type: number,
  name: string,
  octets: readonly (readonly (F | '')[])[],
  minimumOctets = 1,
): Ie<readonly F[]> {
  return {
    type,
    name,
    read(reader) {
      const set: F[] = [];
      for (const names of octets) {
        if (reader.remaining === 0) break;
        const octet = reader.uint8();
        for (const [bit, flag] of names.entries()) {
          if (flag !== '' && (octet & (1 << bit)) !== 0) set.push(flag);
        }
      }
      return set;
    },
    write(writer, flags) {
      const values = octets.map((names) =>
        names.reduce(
          (octet, flag, bit) => (flag !== '' && flags.includes(flag) ? octet | (1 << bit) : octet),
          0,
        ),
      );
      const used = values.findLastIndex((octet) => octet !== 0) + 1;
      for (const octet of values.slice(0, Math.max(minimumOctets, used))) writer.uint8(octet);
    },
  };
}
