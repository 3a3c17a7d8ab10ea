import type { CryptoProvider, HashName } from '@mpquic/crypto';
import { Transcript } from '../transcript.ts';
import type { ClientOffer } from './client-offer.ts';

/**
 * The transcript up to a ClientHello, first without its binders, then whole. RFC 9846 §4.3.11.2
 * Behind a HelloRetryRequest it goes on with what was before; its hash is settled then.
 */
export class HelloTranscript {
  readonly #crypto: CryptoProvider;
  readonly #bytes: Uint8Array;
  readonly #truncatedLength: number;
  readonly #before: Transcript | undefined;
  /** Octets of the message that are in {@link #before}. */
  #added = 0;

  /** @param before message_hash and HelloRetryRequest, if there was one */
  constructor(crypto: CryptoProvider, offer: ClientOffer, before?: Transcript) {
    this.#crypto = crypto;
    this.#bytes = offer.message.bytes;
    this.#truncatedLength = this.#bytes.length - (offer.psks?.bindersLength ?? 0);
    this.#before = before;
  }

  /** What a binder is computed over. */
  truncatedHash(hash: HashName): Uint8Array {
    const truncated = this.#bytes.subarray(0, this.#truncatedLength);
    if (this.#before === undefined) return this.#crypto.hash(hash, truncated);
    this.#addUpTo(this.#before, this.#truncatedLength);
    return this.#before.digest();
  }

  /** The transcript with the whole message; the last call. */
  whole(hash: HashName): Transcript {
    const transcript = this.#before ?? new Transcript(this.#crypto, hash);
    this.#addUpTo(transcript, this.#bytes.length);
    return transcript;
  }

  #addUpTo(transcript: Transcript, end: number): void {
    transcript.add(this.#bytes.subarray(this.#added, end));
    this.#added = end;
  }
}
