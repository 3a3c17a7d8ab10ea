import type { KeyShare } from '@mpquic/crypto';
import type { ByteReader, ByteWriter } from '@mpquic/wire';
import { readList, readVector } from '../codec.ts';
import { GROUP_CODES } from '../named-groups.ts';

/** A public key of the key exchange. RFC 9846 §4.3.8 */
export interface KeyShareEntry {
  /** NamedGroup code point. */
  readonly group: number;
  readonly keyExchange: Uint8Array;
}

export function readKeyShareEntry(reader: ByteReader): KeyShareEntry {
  return { group: reader.uint16(), keyExchange: readVector(reader, 2, 1) };
}

export function writeKeyShareEntry(writer: ByteWriter, share: KeyShare): void {
  writer.uint16(GROUP_CODES[share.group]).byteVector(2, share.publicKey);
}

/** The client's list, which may be empty. */
export function readKeyShares(reader: ByteReader): KeyShareEntry[] {
  return readList(reader, 2, 0, readKeyShareEntry);
}
