import { type CryptoProvider, HASH_LENGTH, type HashName, type RunningHash } from '@mpquic/crypto';
import { MessageType } from './messages/message.ts';

/** The running hash of the handshake's messages. RFC 9846 §4.1 */
export class Transcript {
  readonly #hash: RunningHash;
  /** Of all so far, once it was asked for. */
  #digest: Uint8Array | undefined;

  constructor(crypto: CryptoProvider, hash: HashName) {
    this.#hash = crypto.runningHash(hash);
  }

  /**
   * The transcript behind a HelloRetryRequest: a message_hash stands for the first ClientHello,
   * given by its hash.
   */
  static afterRetry(
    crypto: CryptoProvider,
    hash: HashName,
    firstHelloHash: Uint8Array,
    retryRequest: Uint8Array,
  ): Transcript {
    const transcript = new Transcript(crypto, hash);
    transcript.add(Uint8Array.of(MessageType.message_hash, 0, 0, HASH_LENGTH[hash]));
    transcript.add(firstHelloHash);
    transcript.add(retryRequest);
    return transcript;
  }

  /** A message, or a part of one, which stays unchanged from now on. */
  add(bytes: Uint8Array): void {
    this.#digest = undefined;
    this.#hash.update(bytes);
  }

  /** Transcript-Hash of all so far. */
  digest(): Uint8Array {
    this.#digest ??= this.#hash.digest();
    return this.#digest;
  }
}
