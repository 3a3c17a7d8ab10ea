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
  return readWhole(new ByteReader(bytes), read);
}

/** What `read` makes of all that is left. @throws {TlsAlert} decode_error where it leaves something over */
export function readWhole<T>(reader: ByteReader, read: (reader: ByteReader) => T): T {
  const value = read(reader);
  checkNothingLeft(reader);
  return value;
}

/** @throws {TlsAlert} decode_error where something is left over */
export function checkNothingLeft(reader: ByteReader): void {
  if (reader.remaining > 0) throw decodeError(`${reader.remaining} octets left over`);
}

/** A view of a vector of at least `minimum` octets behind a length of `lengthOctets`. */
export function readVector(reader: ByteReader, lengthOctets: 1 | 2 | 3, minimum = 0): Uint8Array {
  return reader.bytes(readLength(reader, lengthOctets, minimum));
}

/** A vector of elements, of at least `minimum` octets. */
export function readList<T>(
  reader: ByteReader,
  lengthOctets: 1 | 2 | 3,
  minimum: number,
  readElement: (reader: ByteReader) => T,
): T[] {
  const end = reader.narrow(readLength(reader, lengthOctets, minimum));
  // Most lists have one element: written like this, their memory has room for no more.
  const list: T[] = reader.remaining > 0 ? [readElement(reader)] : [];
  while (reader.remaining > 0) list.push(readElement(reader));
  reader.widen(end);
  return list;
}

/** A vector of 16-bit code points, at least one. */
export function readCodes(reader: ByteReader, lengthOctets: 1 | 2): readonly number[] {
  const length = readLength(reader, lengthOctets, 2);
  if (length % 2 !== 0) throw decodeError(`${length} octets of code points`);
  const codes = new Array<number>(length / 2);
  for (let i = 0; i < codes.length; i++) codes[i] = reader.uint16();
  return codes;
}

export function readUint16(reader: ByteReader): number {
  return reader.uint16();
}

/** The length of a vector of at least `minimum` octets. */
export function readLength(reader: ByteReader, lengthOctets: 1 | 2 | 3, minimum: number): number {
  const length =
    lengthOctets === 1 ? reader.uint8() : lengthOctets === 2 ? reader.uint16() : reader.uint24();
  if (length < minimum) throw decodeError(`a vector of ${length} octets, at least ${minimum} due`);
  return length;
}
