import { AEAD_IV_LENGTH, type CryptoProvider } from '@mpquic/crypto';
import {
  type Address,
  ByteReader,
  ByteWriter,
  type Duration,
  formatAddress,
  type Instant,
  type Random,
  UnexpectedEnd,
  utf8,
} from '@mpquic/wire';

/** How long a client may take to answer a Retry. */
const LIFETIME: Duration = 10_000_000;

const KEY_LENGTH = 16;
const AEAD = 'aes-128-gcm';

/** What a valid token tells of the Initial that was answered with Retry. */
export interface RetryTokenContent {
  readonly originalDestination: Uint8Array;
  /** The Source Connection ID of the Retry. */
  readonly retrySource: Uint8Array;
}

/** Makes and checks the tokens of Retry packets, so that nothing is kept of who got one. RFC 9000 §8.1.4 */
export class RetryTokens {
  readonly #crypto: CryptoProvider;
  readonly #random: Random;
  readonly #key: Uint8Array;

  constructor(crypto: CryptoProvider, random: Random) {
    this.#crypto = crypto;
    this.#random = random;
    this.#key = random.fill(new Uint8Array(KEY_LENGTH));
  }

  /** A token for one client address, sealed. */
  create(content: RetryTokenContent, remote: Address, now: Instant): Uint8Array {
    const { originalDestination, retrySource } = content;
    const plaintext = new ByteWriter()
      .varint(now + LIFETIME)
      .vector(1, (writer) => writer.bytes(originalDestination))
      .vector(1, (writer) => writer.bytes(retrySource))
      .finish();
    const nonce = this.#random.fill(new Uint8Array(AEAD_IV_LENGTH));
    const address = utf8(formatAddress(remote));
    const sealed = this.#crypto.aeadSeal(AEAD, this.#key, nonce, address, plaintext);
    return new ByteWriter().bytes(nonce).bytes(sealed).finish();
  }

  /** What the token holds; undefined where it is forged, for another address, or too old. */
  open(token: Uint8Array, remote: Address, now: Instant): RetryTokenContent | undefined {
    if (token.length < AEAD_IV_LENGTH) return undefined;
    const nonce = token.slice(0, AEAD_IV_LENGTH);
    const address = utf8(formatAddress(remote));
    const sealed = token.subarray(AEAD_IV_LENGTH);
    const plaintext = this.#crypto.aeadOpen(AEAD, this.#key, nonce, address, sealed);
    if (plaintext === undefined) return undefined;
    try {
      const reader = new ByteReader(plaintext);
      if (reader.varint() < now) return undefined;
      const originalDestination = reader.bytes(reader.uint8()).slice();
      return { originalDestination, retrySource: reader.bytes(reader.uint8()).slice() };
    } catch (error) {
      if (error instanceof UnexpectedEnd) return undefined;
      throw error;
    }
  }
}
