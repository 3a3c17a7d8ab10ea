import type { ByteReader, ByteWriter } from '@mpquic/wire';
import { illegalParameter, readList, readVector } from '../codec.ts';

/** What a client offers in pre_shared_key. RFC 9846 §4.3.11 */
export interface OfferedPsks {
  readonly identities: readonly PskIdentity[];
  /** One per identity, 32 to 255 octets each. */
  readonly binders: readonly Uint8Array[];
  /** Octets that the list of binders takes at the end of the ClientHello. */
  readonly bindersLength: number;
}

export interface PskIdentity {
  /** 1 to 65535 octets. */
  readonly identity: Uint8Array;
  /** 0 for external PSKs; a server ignores it there. */
  readonly obfuscatedTicketAge: number;
}

/** @throws {TlsAlert} illegal_parameter where the numbers of identities and binders differ */
export function readOfferedPsks(reader: ByteReader): OfferedPsks {
  const identities = readList(reader, 2, 7, readIdentity);
  const bindersStart = reader.offset;
  const binders = readList(reader, 2, 33, readBinder);
  if (binders.length !== identities.length) {
    throw illegalParameter(`${identities.length} PSK identities with ${binders.length} binders`);
  }
  return { identities, binders, bindersLength: reader.offset - bindersStart };
}

function readIdentity(reader: ByteReader): PskIdentity {
  return { identity: readVector(reader, 2, 1), obfuscatedTicketAge: reader.uint32() };
}

function readBinder(reader: ByteReader): Uint8Array {
  return readVector(reader, 1, 32);
}

export function writePskIdentity(writer: ByteWriter, psk: PskIdentity): void {
  writer.byteVector(2, psk.identity).uint32(psk.obfuscatedTicketAge);
}

/** PskKeyExchangeMode. RFC 9846 §4.3.9 */
export const PskKeyExchangeMode = { psk_ke: 0, psk_dhe_ke: 1 } as const;
