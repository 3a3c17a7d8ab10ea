import { readUint32, UsageError, writeUint32 } from '@mpquic/wire';
import { AEAD_IV_LENGTH } from './provider.ts';

/**
 * The nonce of packet protection: IV xor (path ID (32) || 00 || packet number (62)). MP-21 §2.4, for path 0 as in
 * RFC 9001 §5.3
 */
export class PacketNonce {
  #iv0: number;
  #iv4: number;
  #iv8: number;

  constructor(iv: Uint8Array) {
    if (iv.length !== AEAD_IV_LENGTH) throw new UsageError('an IV has 12 octets');
    this.#iv0 = readUint32(iv, 0);
    this.#iv4 = readUint32(iv, 4);
    this.#iv8 = readUint32(iv, 8);
  }

  /**
   * In memory that the next call, for whatever keys, overwrites. The packet number goes in two halves: its upper
   * 30 and its lower 32 bits.
   */
  of(pathId: number, packetNumberHigh: number, packetNumberLow: number): Uint8Array {
    writeUint32(NONCE, 0, this.#iv0 ^ pathId);
    writeUint32(NONCE, 4, this.#iv4 ^ packetNumberHigh);
    writeUint32(NONCE, 8, this.#iv8 ^ packetNumberLow);
    return NONCE;
  }

  wipe(): void {
    this.#iv0 = this.#iv4 = this.#iv8 = 0;
    NONCE.fill(0);
  }
}

const NONCE = new Uint8Array(AEAD_IV_LENGTH);
