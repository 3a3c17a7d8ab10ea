import { createHash, type Hash } from 'node:crypto';
import { plainView } from './bytes.ts';
import type { HashName, RunningHash } from './provider.ts';

/** A running hash that holds no more than its state, in an object of OpenSSL's. */
export class HashObject implements RunningHash {
  readonly #hash: Hash;

  constructor(hash: HashName) {
    this.#hash = createHash(hash);
  }

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }

  digest(): Uint8Array {
    return plainView(this.#hash.copy().digest());
  }
}
