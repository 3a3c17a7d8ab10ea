import { AEAD_IV_LENGTH, type CryptoProvider } from '@mpquic/crypto';
import {
  type Address,
  concatBytes,
  formatAddress,
  type Instant,
  type Random,
  utf8,
} from '@mpquic/wire';

/** Tokens of Retry: what the client's first destination ID was, sealed and bound to its address. RFC 9000 §8.1.4 */
export class RetryTokens {
  readonly #crypto: CryptoProvider;
  readonly #random: Random;
  readonly #key: Uint8Array;

  constructor(crypto: CryptoProvider, random: Random) {
    this.#crypto = crypto;
    this.#random = random;
    this.#key = random.fill(new Uint8Array(32));
  }

  /** `source`: the ID that the Retry gives the client as its next destination. */
  seal(original: Uint8Array, source: Uint8Array, remote: Address, now: Instant): Uint8Array {
    const content = new Uint8Array(8 + original.length);
    new DataView(content.buffer).setFloat64(0, now + LIFETIME);
    content.set(original, 8);
    const nonce = this.#random.fill(new Uint8Array(AEAD_IV_LENGTH));
    const bound = binding(source, remote);
    return concatBytes(
      nonce,
      this.#crypto.aeadSeal('aes-256-gcm', this.#key, nonce, bound, content),
    );
  }

  /** The original destination ID; undefined for what this server did not give that client lately. */
  open(
    token: Uint8Array,
    destination: Uint8Array,
    remote: Address,
    now: Instant,
  ): Uint8Array | undefined {
    if (token.length < AEAD_IV_LENGTH) return undefined;
    const content = this.#crypto.aeadOpen(
      'aes-256-gcm',
      this.#key,
      token.subarray(0, AEAD_IV_LENGTH),
      binding(destination, remote),
      token.subarray(AEAD_IV_LENGTH),
    );
    if (content === undefined) return undefined;
    const until = new DataView(content.buffer, content.byteOffset).getFloat64(0);
    return now > until ? undefined : content.slice(8);
  }
}

function binding(source: Uint8Array, remote: Address): Uint8Array {
  return concatBytes(source, utf8(formatAddress(remote)));
}

/** Microseconds. */
const LIFETIME = 10_000_000;
