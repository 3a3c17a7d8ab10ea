import type { ByteReader, ByteWriter } from '@mpquic/wire';
import { subReader } from './sub-reader.ts';
import type { HalfCodec, ValueCodec } from './value.ts';

/** The fields of a message while it is read. */
export type Fields = Record<PropertyKey, unknown>;

/** What stands at a fixed place in a message. */
export interface MandatoryPart<M> {
  read(reader: ByteReader, into: Fields): void;
  write(writer: ByteWriter, message: M): void;
}

/** How an optional element stands behind its identifier. TS 24.007 §11.2.1.1 */
export type OptionalFormat = 'TV1' | 'TV' | 'TLV' | 'TLV-E';

/** An element that its identifier announces. The identifier of TV1 is the upper half octet, 0x80 to 0xf0. */
export interface OptionalPart<M> {
  readonly identifier: number;
  readonly format: OptionalFormat;
  /** Octets of the value of a TV element; zero for the other formats. */
  readonly valueLength: number;
  /** Reads the value, of which for TV1 only the lower half octet counts. */
  read(reader: ByteReader, into: Fields): void;
  /** Writes identifier, length and value where the message has the field. */
  write(writer: ByteWriter, message: M): void;
}

type Value<M, K extends keyof M> = Exclude<M[K], undefined>;

/** A value without length. */
export function v<M, K extends keyof M>(name: K, codec: ValueCodec<Value<M, K>>): MandatoryPart<M> {
  return {
    read(reader, into) {
      into[name] = codec.read(reader);
    },
    write: (writer, message) => codec.write(writer, message[name] as Value<M, K>),
  };
}

/** A value behind a length of one octet. */
export function lv<M, K extends keyof M>(
  name: K,
  codec: ValueCodec<Value<M, K>>,
): MandatoryPart<M> {
  return counted(1, name, codec);
}

/** A value behind a length of two octets. */
export function lvE<M, K extends keyof M>(
  name: K,
  codec: ValueCodec<Value<M, K>>,
): MandatoryPart<M> {
  return counted(2, name, codec);
}

function counted<M, K extends keyof M>(
  lengthOctets: 1 | 2,
  name: K,
  codec: ValueCodec<Value<M, K>>,
): MandatoryPart<M> {
  return {
    read(reader, into) {
      const length = lengthOctets === 1 ? reader.uint8() : reader.uint16();
      into[name] = codec.read(subReader(reader, length));
    },
    write(writer, message) {
      writer.vector(lengthOctets, (body) => codec.write(body, message[name] as Value<M, K>));
    },
  };
}

/** One field of half an octet. */
export interface Half<M> {
  read(bits: number, into: Fields): void;
  write(message: M): number;
}

export function half<M, K extends keyof M>(name: K, codec: HalfCodec<Value<M, K>>): Half<M> {
  return {
    read(bits, into) {
      into[name] = codec.read(bits);
    },
    write: (message) => codec.write(message[name] as Value<M, K>),
  };
}

/** Two fields of half an octet each: `low` in bits 1 to 4; without `high` bits 5 to 8 are spare. */
export function halves<M>(low: Half<M>, high?: Half<M>): MandatoryPart<M> {
  return {
    read(reader, into) {
      const octet = reader.uint8();
      low.read(octet & 0x0f, into);
      high?.read(octet >>> 4, into);
    },
    write(writer, message) {
      writer.uint8(((high?.write(message) ?? 0) << 4) | low.write(message));
    },
  };
}

/** Identifier and value share one octet. */
export function tv1<M, K extends keyof M>(
  identifier: number,
  name: K,
  codec: HalfCodec<Value<M, K>>,
): OptionalPart<M> {
  return {
    identifier,
    format: 'TV1',
    valueLength: 0,
    read(reader, into) {
      into[name] = codec.read(reader.uint8() & 0x0f);
    },
    write(writer, message) {
      const value = message[name];
      if (value !== undefined) writer.uint8(identifier | codec.write(value as Value<M, K>));
    },
  };
}

/** A value of `valueLength` octets right behind the identifier. */
export function tv<M, K extends keyof M>(
  identifier: number,
  name: K,
  valueLength: number,
  codec: ValueCodec<Value<M, K>>,
): OptionalPart<M> {
  return {
    identifier,
    format: 'TV',
    valueLength,
    read(reader, into) {
      into[name] = codec.read(reader);
    },
    write(writer, message) {
      const value = message[name];
      if (value !== undefined) codec.write(writer.uint8(identifier), value as Value<M, K>);
    },
  };
}

/** A value behind identifier and a length of one octet. */
export function tlv<M, K extends keyof M>(
  identifier: number,
  name: K,
  codec: ValueCodec<Value<M, K>>,
): OptionalPart<M> {
  return tagged(identifier, 'TLV', name, codec);
}

/** A value behind identifier and a length of two octets. */
export function tlvE<M, K extends keyof M>(
  identifier: number,
  name: K,
  codec: ValueCodec<Value<M, K>>,
): OptionalPart<M> {
  return tagged(identifier, 'TLV-E', name, codec);
}

function tagged<M, K extends keyof M>(
  identifier: number,
  format: 'TLV' | 'TLV-E',
  name: K,
  codec: ValueCodec<Value<M, K>>,
): OptionalPart<M> {
  return {
    identifier,
    format,
    valueLength: 0,
    read(reader, into) {
      into[name] = codec.read(reader);
    },
    write(writer, message) {
      const value = message[name];
      if (value === undefined) return;
      writer.uint8(identifier);
      writer.vector(format === 'TLV' ? 1 : 2, (body) => codec.write(body, value as Value<M, K>));
    },
  };
}
