import type { ByteReader } from '@mpquic/wire';
import { readList, readVector } from '../codec.ts';
import { ExtensionBlock } from './extensions.ts';
import { encodeMessage, MessageType } from './message.ts';

/** RFC 9846 §4.5.1 */
export interface CertificateMessage {
  readonly requestContext: Uint8Array;
  readonly entries: readonly CertificateEntry[];
}

export interface CertificateEntry {
  /** DER. */
  readonly certificate: Uint8Array;
  readonly extensions: ExtensionBlock;
}

export function readCertificate(reader: ByteReader): CertificateMessage {
  return {
    requestContext: readVector(reader, 1),
    entries: readList(reader, 3, 0, (entry) => ({
      certificate: readVector(entry, 3, 1),
      extensions: ExtensionBlock.read(entry),
    })),
  };
}

/** Our certificates have no extensions. */
export function encodeCertificate(chain: readonly Uint8Array[]): Uint8Array {
  return encodeMessage(MessageType.certificate, (writer) =>
    writer.uint8(0).vector(3, (list) => {
      for (const certificate of chain) {
        list.byteVector(3, certificate).uint16(0);
      }
    }),
  );
}
