import { HashObject } from './hash-object.ts';
import type { CryptoProvider, HashName, RunningHash } from './provider.ts';
import { ReusedMemory } from './reused-memory.ts';

/** Octets that are hashed in one piece, at most. */
const LIMIT = 4096;

/**
 * Keeps what it is given, and hashes all of it when asked: for the few kilobytes of a TLS transcript that
 * costs less than a hash object. What is longer goes on in such an object.
 */
export class KeptHash implements RunningHash {
  readonly #hash: HashName;
  readonly #digest: CryptoProvider['hash'];
  #parts: Uint8Array[] = [];
  #length = 0;
  #long: RunningHash | undefined;

  constructor(hash: HashName, digest: CryptoProvider['hash']) {
    this.#hash = hash;
    this.#digest = digest;
  }

  update(bytes: Uint8Array): void {
    this.#length += bytes.length;
    if (this.#long === undefined && this.#length <= LIMIT) {
      this.#parts.push(bytes);
      return;
    }
    this.#long ??= this.#beginLong();
    this.#long.update(bytes);
  }

  digest(): Uint8Array {
    if (this.#long !== undefined) return this.#long.digest();
    let at = 0;
    for (const part of this.#parts) {
      WHOLE.bytes.set(part, at);
      at += part.length;
    }
    return this.#digest(this.#hash, WHOLE.first(at));
  }

  #beginLong(): RunningHash {
    const long = new HashObject(this.#hash);
    for (const part of this.#parts) long.update(part);
    this.#parts = [];
    return long;
  }
}

const WHOLE = new ReusedMemory(LIMIT);
