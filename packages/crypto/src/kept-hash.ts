import { HashObject } from './hash-object.ts';
import type { CryptoProvider, HashName, RunningHash } from './provider.ts';

/** Octets that are kept, at most. */
const LIMIT = 4096;
/** A handshake by PSK takes no more. */
const FIRST_LENGTH = 768;

/**
 * Keeps what it is given, and hashes all of it when asked: for the few kilobytes of a TLS transcript that
 * costs less than a hash object. What is longer goes on in such an object.
 */
export class KeptHash implements RunningHash {
  readonly #hash: HashName;
  readonly #digest: CryptoProvider['hash'];
  #kept: Uint8Array = new Uint8Array(FIRST_LENGTH);
  #length = 0;
  #long: RunningHash | undefined;

  constructor(hash: HashName, digest: CryptoProvider['hash']) {
    this.#hash = hash;
    this.#digest = digest;
  }

  update(bytes: Uint8Array): void {
    const length = this.#length + bytes.length;
    if (this.#long === undefined && length > LIMIT) {
      this.#long = new HashObject(this.#hash);
      this.#long.update(this.#kept.subarray(0, this.#length));
      this.#kept = NOTHING;
    }
    if (this.#long !== undefined) {
      this.#long.update(bytes);
      return;
    }
    if (length > this.#kept.length) this.#grow(length);
    this.#kept.set(bytes, this.#length);
    this.#length = length;
  }

  digest(): Uint8Array {
    return this.#long?.digest() ?? this.#digest(this.#hash, this.#kept.subarray(0, this.#length));
  }

  #grow(length: number): void {
    const larger = new Uint8Array(Math.min(LIMIT, Math.max(length, 2 * this.#kept.length)));
    larger.set(this.#kept.subarray(0, this.#length));
    this.#kept = larger;
  }
}

const NOTHING: Uint8Array = new Uint8Array(0);
