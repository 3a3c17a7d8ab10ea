import { decodeTransportParameters, TransportError, type TransportParameters } from '@mpquic/quic';
import { CIPHER_SUITES, type CipherSuiteName } from '@mpquic/tls';
import { ByteReader, toHex, UnexpectedEnd } from '@mpquic/wire';
import type { CryptoStream } from './crypto-stream.ts';

const CLIENT_HELLO = 1;
const SERVER_HELLO = 2;
const ENCRYPTED_EXTENSIONS = 8;
/** RFC 9001 §8.2 */
const QUIC_TRANSPORT_PARAMETERS = 0x39;
/** The random that makes a ServerHello a HelloRetryRequest. RFC 9846 §4.1.3 */
const RETRY_RANDOM = 'cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c';

/** The client random, in hexadecimal, once the first ClientHello is there. RFC 9846 §4.1.2 */
export function clientRandom(stream: CryptoStream): string | undefined {
  for (const { type, body } of stream.messages()) {
    if (type === CLIENT_HELLO && body.length >= 34) return toHex(body.subarray(2, 34));
  }
  return undefined;
}

/** The cipher suite that the server selected. RFC 9846 §4.1.3 */
export function selectedSuite(stream: CryptoStream): CipherSuiteName | undefined {
  for (const { type, body } of stream.messages()) {
    if (type !== SERVER_HELLO || body.length < 37) continue;
    if (toHex(body.subarray(2, 34)) === RETRY_RANDOM) continue;
    const at = 35 + (body[34] as number);
    const code = ((body[at] ?? 0) << 8) | (body[at + 1] ?? 0);
    return Object.values(CIPHER_SUITES).find((suite) => suite.code === code)?.name;
  }
  return undefined;
}

/** The server's transport parameters, once EncryptedExtensions came whole. RFC 9846 §4.4.1 */
export function serverParameters(stream: CryptoStream): TransportParameters | undefined {
  for (const { type, body } of stream.messages()) {
    if (type === ENCRYPTED_EXTENSIONS) return transportParameters(body);
  }
  return undefined;
}

function transportParameters(extensions: Uint8Array): TransportParameters | undefined {
  const reader = new ByteReader(extensions);
  try {
    reader.uint16();
    while (reader.remaining > 0) {
      const type = reader.uint16();
      const data = reader.bytes(reader.uint16());
      if (type === QUIC_TRANSPORT_PARAMETERS) return decodeTransportParameters(data, 'server');
    }
  } catch (error) {
    if (!(error instanceof UnexpectedEnd || error instanceof TransportError)) throw error;
  }
  return undefined;
}
