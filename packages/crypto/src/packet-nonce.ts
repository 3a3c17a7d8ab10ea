import { readUint32, UsageError } from '@mpquic/wire';
import { AEAD_IV_LENGTH } from './provider.ts';

/**
 * The nonce of packet protection, in a buffer that the next call overwrites:
 * IV xor (path ID (32) || 00 || packet number (62)). MP-21 §2.4, for path 0 as in RFC 9001 §5.3
 */
export class PacketNonce {
  readonly #nonce: Uint8Array = new Uint8Array(AEAD_IV_LENGTH);
  readonly #view: DataView = new DataView(this.#nonce.buffer);
  #iv0: number;
  #iv4: number;
  #iv8: number;

  constructor(iv: Uint8Array) {
    if (iv.length !== AEAD_IV_LENGTH) throw new UsageError('an IV has 12 octets');
    this.#iv0 = readUint32(iv, 0);
    this.#iv4 = readUint32(iv, 4);
    this.#iv8 = readUint32(iv, 8);
  }

  /** The packet number goes in two halves: its upper 30 and its lower 32 bits. */
  of(pathId: number, packetNumberHigh: number, packetNumberLow: number): Uint8Array {
    this.#view.setInt32(0, this.#iv0 ^ pathId);
    this.#view.setInt32(4, this.#iv4 ^ packetNumberHigh);
    this.#view.setInt32(8, this.#iv8 ^ packetNumberLow);
    return this.#nonce;
  }

  wipe(): void {
    this.#iv0 = this.#iv4 = this.#iv8 = 0;
    this.#nonce.fill(0);
  }
}
