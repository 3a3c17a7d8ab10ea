import { ByteReader } from '@mpquic/wire';

/** A reader over the next `length` octets, which `reader` skips. @throws {UnexpectedEnd} */
export function subReader(reader: ByteReader, length: number): ByteReader {
  const start = reader.offset;
  reader.skip(length);
  return new ByteReader(reader.source, start, start + length);
}
