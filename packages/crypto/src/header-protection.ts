import { type Cipher, createCipheriv } from 'node:crypto';
import { wipe } from '@mpquic/wire';
import type { AeadName } from './provider.ts';

/** Octets of a sample of ciphertext. RFC 9001 §5.4.2 */
export const SAMPLE_LENGTH = 16;

/** Makes header protection masks from samples. RFC 9001 §5.4 */
export interface HeaderProtection {
  /**
   * One mask per sample of 16 octets in `samples`; mask i starts at octet {@link stride} * i of the
   * result, of which 5 octets count.
   */
  masks(samples: Uint8Array): Uint8Array;
  readonly stride: number;
  /** The same once more, for another key phase; each user releases it. RFC 9001 §6.1 */
  share(): HeaderProtection;
  /** Wipes the key when no user is left. */
  release(): void;
}

/** Takes over the key, and wipes it in the end. */
export function createHeaderProtection(aead: AeadName, key: Uint8Array): HeaderProtection {
  return aead === 'chacha20-poly1305'
    ? new ChaCha20HeaderProtection(key)
    : new AesHeaderProtection(key);
}

/** The mask is the sample in AES-ECB, so any number of samples are one call. RFC 9001 §5.4.3 */
class AesHeaderProtection implements HeaderProtection {
  readonly stride = SAMPLE_LENGTH;
  #users = 1;
  #cipher: Cipher | undefined;

  constructor(key: Uint8Array) {
    this.#cipher = createCipheriv(key.length === 16 ? 'aes-128-ecb' : 'aes-256-ecb', key, null);
    wipe(key);
  }

  masks(samples: Uint8Array): Uint8Array {
    return (this.#cipher as Cipher).update(samples);
  }

  share(): this {
    this.#users += 1;
    return this;
  }

  release(): void {
    this.#users -= 1;
    if (this.#users === 0) this.#cipher = undefined;
  }
}

/** The sample is counter and nonce of ChaCha20, the mask its keystream. RFC 9001 §5.4.4 */
class ChaCha20HeaderProtection implements HeaderProtection {
  readonly stride = MASK_LENGTH;
  readonly #key: Uint8Array;
  #users = 1;
  #masks: Uint8Array = new Uint8Array(MASK_LENGTH);

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  masks(samples: Uint8Array): Uint8Array {
    const count = samples.length / SAMPLE_LENGTH;
    if (this.#masks.length < count * MASK_LENGTH) this.#masks = new Uint8Array(count * MASK_LENGTH);
    for (let i = 0; i < count; i++) {
      const sample = samples.subarray(i * SAMPLE_LENGTH, (i + 1) * SAMPLE_LENGTH);
      const cipher = createCipheriv('chacha20', this.#key, sample);
      this.#masks.set(cipher.update(ZEROS), i * MASK_LENGTH);
    }
    return this.#masks;
  }

  share(): this {
    this.#users += 1;
    return this;
  }

  release(): void {
    this.#users -= 1;
    if (this.#users === 0) wipe(this.#key);
  }
}

const MASK_LENGTH = 5;
const ZEROS = new Uint8Array(MASK_LENGTH);
