/** Reading of the presentation language's vectors. RFC 9846 §3 */
import { ByteReader } from '@mpquic/wire';
import { Alert } from './alert.ts';
import { TlsAlert } from './handshake.ts';

/** The bytes do not have the form of the message. */
export function decodeError(reason: string): TlsAlert {
  return new TlsAlert(Alert.decode_error, reason);
}

/** A field has its form, but not a legal value. */
export function illegalParameter(reason: string): TlsAlert {
  return new TlsAlert(Alert.illegal_parameter, reason);
}

/** What `read` makes of all the bytes. @throws {TlsAlert} decode_error where some are left over */
export function decodeWhole<T>(bytes: Uint8Array, read: (reader: ByteReader) => T): T {
  const reader = new ByteReader(bytes);
  const value = read(reader);
  if (reader.remaining > 0) throw decodeError(`${reader.remaining} octets left over`);
  return value;
}

/** A view of a vector of at least `minimum` octets behind a length of `lengthOctets`. */
export function readVector(reader: ByteReader, lengthOctets: 1 | 2 | 3, minimum = 0): Uint8Array {
  const length =
    lengthOctets === 1 ? reader.uint8() : lengthOctets === 2 ? reader.uint16() : reader.uint24();
  if (length < minimum) throw decodeError(`a vector of ${length} octets, at least ${minimum} due`);
  return reader.bytes(length);
}

/** A vector of elements, of at least `minimum` octets. */
export function readList<T>(
  reader: ByteReader,
  lengthOctets: 1 | 2 | 3,
  minimum: number,
  readElement: (reader: ByteReader) => T,
): T[] {
  const elements = new ByteReader(readVector(reader, lengthOctets, minimum));
  const list: T[] = [];
  while (elements.remaining > 0) list.push(readElement(elements));
  return list;
}

export function readUint8(reader: ByteReader): number {
  return reader.uint8();
}

export function readUint16(reader: ByteReader): number {
  return reader.uint16();
}
