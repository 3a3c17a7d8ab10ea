import {
  AEAD_TAG_LENGTH,
  type AeadName,
  type CryptoProvider,
  createHeaderProtection,
  type HeaderProtection,
} from '@mpquic/crypto';
import { wipe } from '@mpquic/wire';

interface PacketKey {
  readonly aead: AeadName;
  readonly key: Uint8Array;
}

/** The keys that ngtcp2 knows by their numbers only: they never enter its memory. */
export class KeyTable {
  readonly #crypto: CryptoProvider;
  readonly #packetKeys = new Map<number, PacketKey>();
  readonly #masks = new Map<number, HeaderProtection>();
  #last = 0;

  constructor(crypto: CryptoProvider) {
    this.#crypto = crypto;
  }

  /** How many are kept. */
  get size(): number {
    return this.#packetKeys.size + this.#masks.size;
  }

  /** Takes over the key. */
  addPacketKey(aead: AeadName, key: Uint8Array): number {
    this.#packetKeys.set(++this.#last, { aead, key });
    return this.#last;
  }

  /** Takes over the header protection key. RFC 9001 §5.4 */
  addMaskKey(aead: AeadName, key: Uint8Array): number {
    this.#masks.set(++this.#last, createHeaderProtection(aead, key));
    return this.#last;
  }

  /** Writes ciphertext and tag; they may take the place of the plaintext. RFC 9001 §5.3 */
  seal(
    number: number,
    into: Uint8Array,
    nonce: Uint8Array,
    additionalData: Uint8Array,
    plaintext: Uint8Array,
  ): boolean {
    const key = this.#packetKeys.get(number);
    if (key === undefined) return false;
    into.set(this.#crypto.aeadSeal(key.aead, key.key, nonce, additionalData, plaintext));
    return true;
  }

  /** False where authentication fails. */
  open(
    number: number,
    into: Uint8Array,
    nonce: Uint8Array,
    additionalData: Uint8Array,
    sealed: Uint8Array,
  ): boolean {
    const key = this.#packetKeys.get(number);
    if (key === undefined || sealed.length < AEAD_TAG_LENGTH) return false;
    const opened = this.#crypto.aeadOpen(key.aead, key.key, nonce, additionalData, sealed);
    if (opened !== undefined) into.set(opened);
    return opened !== undefined;
  }

  /** The 5 octets of the mask for a sample of 16. */
  mask(number: number, into: Uint8Array, sample: Uint8Array): boolean {
    const masks = this.#masks.get(number);
    if (masks === undefined) return false;
    into.set(masks.masks(sample).subarray(0, MASK_LENGTH));
    return true;
  }

  forget(number: number): void {
    const key = this.#packetKeys.get(number);
    if (key !== undefined) wipe(key.key);
    this.#packetKeys.delete(number);
    this.#masks.get(number)?.release();
    this.#masks.delete(number);
  }

  dispose(): void {
    for (const number of [...this.#packetKeys.keys(), ...this.#masks.keys()]) this.forget(number);
  }
}

const MASK_LENGTH = 5;
