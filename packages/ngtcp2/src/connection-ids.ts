import type { CryptoProvider } from '@mpquic/crypto';
import type { Random } from '@mpquic/wire';
import { toHex } from '@mpquic/wire';

/** Octets of every connection ID of this side; as in shim/shim.h. */
export const CONNECTION_ID_LENGTH = 8;
const RESET_TOKEN_LENGTH = 16;

/** Which connection has which ID. */
export class ConnectionIds<Owner> {
  readonly #owners = new Map<string, Owner>();
  readonly #crypto: CryptoProvider;
  readonly #random: Random;
  readonly #resetKey: Uint8Array;

  /** `resetKey`: 32 octets from which stateless reset tokens derive. */
  constructor(crypto: CryptoProvider, random: Random, resetKey: Uint8Array) {
    this.#crypto = crypto;
    this.#random = random;
    this.#resetKey = resetKey;
  }

  /** How many are in use. */
  get size(): number {
    return this.#owners.size;
  }

  find(id: Uint8Array): Owner | undefined {
    return this.#owners.get(toHex(id));
  }

  /** Fills `id` with a new one of this owner. */
  issue(id: Uint8Array, owner: Owner): void {
    do this.#random.fill(id);
    while (this.#owners.has(toHex(id)));
    this.#owners.set(toHex(id), owner);
  }

  /** An ID that the peer chose: the first destination of a client. */
  add(id: Uint8Array, owner: Owner): void {
    this.#owners.set(toHex(id), owner);
  }

  remove(id: Uint8Array, owner: Owner): void {
    const key = toHex(id);
    if (this.#owners.get(key) === owner) this.#owners.delete(key);
  }

  removeAll(owner: Owner): void {
    for (const [key, value] of this.#owners) if (value === owner) this.#owners.delete(key);
  }

  /** 16 octets. RFC 9000 §10.3.2 */
  resetToken(id: Uint8Array): Uint8Array {
    return this.#crypto.hmac('sha256', this.#resetKey, id, RESET_TOKEN_LENGTH);
  }
}
