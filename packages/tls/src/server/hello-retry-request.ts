import type { CryptoProvider } from '@mpquic/crypto';
import type { ByteWriter } from '@mpquic/wire';
import { ExtensionType, writeExtension } from '../messages/extensions.ts';
import { encodeServerHello, HELLO_RETRY_RANDOM } from '../messages/server-hello.ts';
import { GROUP_CODES } from '../named-groups.ts';
import { Transcript } from '../transcript.ts';
import { TLS_1_2, TLS_1_3 } from '../versions.ts';
import type { ClientOffer } from './client-offer.ts';
import type { RetryState } from './retry-cookie.ts';

/** The same inputs give the same message, so that its transcript can be made again. RFC 9846 §4.2.4 */
export function encodeHelloRetryRequest(
  offer: ClientOffer,
  { suite, group }: Pick<RetryState, 'suite' | 'group'>,
  cookie: Uint8Array | undefined,
): Uint8Array {
  const hello = {
    legacyVersion: TLS_1_2,
    random: HELLO_RETRY_RANDOM,
    legacySessionIdEcho: offer.hello.legacySessionId,
    cipherSuite: suite.code,
    legacyCompressionMethod: 0,
  };
  return encodeServerHello(hello, (writer) => {
    writeExtension(writer, ExtensionType.supported_versions, writeUint16, TLS_1_3);
    writeExtension(writer, ExtensionType.key_share, writeUint16, GROUP_CODES[group]);
    if (cookie !== undefined) writeExtension(writer, ExtensionType.cookie, writeCookie, cookie);
  });
}

function writeUint16(writer: ByteWriter, value: number): void {
  writer.uint16(value);
}

function writeCookie(writer: ByteWriter, cookie: Uint8Array): void {
  writer.byteVector(2, cookie);
}

/** What stands in front of the second ClientHello. */
export function transcriptAfterRetry(
  crypto: CryptoProvider,
  offer: ClientOffer,
  retry: RetryState,
  cookie: Uint8Array | undefined,
): Transcript {
  const request = encodeHelloRetryRequest(offer, retry, cookie);
  return Transcript.afterRetry(crypto, retry.suite.hash, retry.firstHelloHash, request);
}
