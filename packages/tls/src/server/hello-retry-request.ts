import type { CryptoProvider } from '@mpquic/crypto';
import { ByteWriter } from '@mpquic/wire';
import { type Extension, ExtensionType } from '../messages/extensions.ts';
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
  const extensions: Extension[] = [
    extension(ExtensionType.supported_versions, (writer) => writer.uint16(TLS_1_3)),
    extension(ExtensionType.key_share, (writer) => writer.uint16(GROUP_CODES[group])),
  ];
  if (cookie !== undefined) {
    extensions.push(
      extension(ExtensionType.cookie, (writer) =>
        writer.vector(2, (content) => content.bytes(cookie)),
      ),
    );
  }
  return encodeServerHello({
    legacyVersion: TLS_1_2,
    random: HELLO_RETRY_RANDOM,
    legacySessionIdEcho: offer.hello.legacySessionId,
    cipherSuite: suite.code,
    legacyCompressionMethod: 0,
    extensions,
  });
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

function extension(type: number, write: (writer: ByteWriter) => void): Extension {
  const writer = new ByteWriter();
  write(writer);
  return { type, data: writer.finish() };
}
