import { type ByteReader, type ByteWriter, equalBytes, fromHex } from '@mpquic/wire';
import { Alert } from '../alert.ts';
import { decodeError, readUint16, readVector } from '../codec.ts';
import { TlsAlert } from '../handshake.ts';
import { TLS_1_2, TLS_1_3 } from '../versions.ts';
import { ExtensionBlock, ExtensionType } from './extensions.ts';
import { encodeMessage, MessageType } from './message.ts';

/** ServerHello, and HelloRetryRequest, which has its form. RFC 9846 §4.2.3, §4.2.4 */
export interface ServerHello {
  readonly legacyVersion: number;
  /** 32 octets; {@link HELLO_RETRY_RANDOM} makes it a HelloRetryRequest. */
  readonly random: Uint8Array;
  readonly legacySessionIdEcho: Uint8Array;
  /** Code point. */
  readonly cipherSuite: number;
  readonly legacyCompressionMethod: number;
  readonly extensions: ExtensionBlock;
}

export function readServerHello(reader: ByteReader): ServerHello {
  const legacyVersion = reader.uint16();
  const random = reader.bytes(32);
  const legacySessionIdEcho = readVector(reader, 1);
  if (legacySessionIdEcho.length > 32) throw decodeError('a session ID above 32 octets');
  return {
    legacyVersion,
    random,
    legacySessionIdEcho,
    cipherSuite: reader.uint16(),
    legacyCompressionMethod: reader.uint8(),
    extensions: reader.remaining === 0 ? ExtensionBlock.empty() : ExtensionBlock.read(reader),
  };
}

/** @param writeExtensions writes the extensions one behind the other */
export function encodeServerHello(
  hello: Omit<ServerHello, 'extensions'>,
  writeExtensions: (writer: ByteWriter) => void,
): Uint8Array {
  return encodeMessage(MessageType.server_hello, (writer) =>
    writer
      .uint16(hello.legacyVersion)
      .bytes(hello.random)
      .byteVector(1, hello.legacySessionIdEcho)
      .uint16(hello.cipherSuite)
      .uint8(hello.legacyCompressionMethod)
      .vector(2, writeExtensions),
  );
}

export function isHelloRetryRequest(hello: ServerHello): boolean {
  return equalBytes(hello.random, HELLO_RETRY_RANDOM);
}

/** @throws {TlsAlert} protocol_version where TLS 1.3 is not what the server selected */
export function checkSelectedVersion(hello: ServerHello): void {
  const selected = hello.extensions.decode(ExtensionType.supported_versions, readUint16) ?? TLS_1_2;
  if (hello.legacyVersion !== TLS_1_2 || selected !== TLS_1_3) {
    throw new TlsAlert(Alert.protocol_version, 'the server did not select TLS 1.3');
  }
}

/** SHA-256 of "HelloRetryRequest". RFC 9846 §4.2.3 */
export const HELLO_RETRY_RANDOM: Uint8Array = fromHex(
  'cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c',
);
