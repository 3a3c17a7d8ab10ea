import { type ByteReader, concatBytes, utf8 } from '@mpquic/wire';
import { readVector } from '../codec.ts';
import { encodeMessage, MessageType } from './message.ts';

/** RFC 9846 §4.5.2 */
export interface CertificateVerify {
  /** SignatureScheme code point. */
  readonly scheme: number;
  readonly signature: Uint8Array;
}

export function readCertificateVerify(reader: ByteReader): CertificateVerify {
  return { scheme: reader.uint16(), signature: readVector(reader, 2) };
}

export function encodeCertificateVerify({ scheme, signature }: CertificateVerify): Uint8Array {
  return encodeMessage(MessageType.certificate_verify, (writer) =>
    writer.uint16(scheme).byteVector(2, signature),
  );
}

/**
 * What a server signs: padding and a context in front keep it apart from all other signatures.
 * @param transcriptHash up to the Certificate message
 */
export function serverSignatureContent(transcriptHash: Uint8Array): Uint8Array {
  return concatBytes(SERVER_CONTEXT, transcriptHash);
}

const SERVER_CONTEXT: Uint8Array = concatBytes(
  new Uint8Array(64).fill(0x20),
  utf8('TLS 1.3, server CertificateVerify'),
  Uint8Array.of(0),
);
