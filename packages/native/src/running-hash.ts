import type { CryptoProvider, HashName, RunningHash } from '@mpquic/crypto';
import { SCRATCH_LENGTH } from './scratch.ts';

/**
 * Keeps what it is given, and hashes all of it when asked: for the few kilobytes of a TLS transcript that
 * costs less than a hash object. What is longer goes on in such an object.
 */
export class KeptHash implements RunningHash {
  readonly #hash: HashName;
  readonly #digest: CryptoProvider['hash'];
  readonly #fallback: CryptoProvider['runningHash'];
  #kept: Uint8Array = new Uint8Array(FIRST_LENGTH);
  #length = 0;
  #long: RunningHash | undefined;

  constructor(
    hash: HashName,
    digest: CryptoProvider['hash'],
    fallback: CryptoProvider['runningHash'],
  ) {
    this.#hash = hash;
    this.#digest = digest;
    this.#fallback = fallback;
  }

  update(bytes: Uint8Array): void {
    const length = this.#length + bytes.length;
    if (this.#long === undefined && length > SCRATCH_LENGTH) {
      this.#long = this.#fallback(this.#hash);
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
    const larger = new Uint8Array(
      Math.min(SCRATCH_LENGTH, Math.max(length, 2 * this.#kept.length)),
    );
    larger.set(this.#kept.subarray(0, this.#length));
    this.#kept = larger;
  }
}

const FIRST_LENGTH = 1024;
const NOTHING: Uint8Array = new Uint8Array(0);
