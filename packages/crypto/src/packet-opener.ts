import { createDecipheriv, type DecipherGCM } from 'node:crypto';
import { asNodeAead, checkPacketKeys, TAG_OPTIONS } from './aead.ts';
import { plainView } from './bytes.ts';
import {
  createHeaderProtection,
  type HeaderProtection,
  SAMPLE_LENGTH,
} from './header-protection.ts';
import { PacketNonce } from './packet-nonce.ts';
import { AEAD_TAG_LENGTH, type PacketKeys, type PacketOpener } from './provider.ts';

/** Removal of packet protection over node:crypto; every plaintext comes in a buffer of its own. */
export class NodePacketOpener implements PacketOpener {
  readonly outputOffset = 0;
  readonly outputIsOwned = true;
  readonly #algorithm: 'aes-128-gcm';
  readonly #key: Uint8Array;
  readonly #nonce: PacketNonce;
  readonly #headerProtection: HeaderProtection;
  #output: Uint8Array = NOTHING;

  constructor(keys: PacketKeys) {
    checkPacketKeys(keys);
    this.#algorithm = asNodeAead(keys.aead);
    this.#key = keys.key.slice();
    this.#nonce = new PacketNonce(keys.iv);
    this.#headerProtection = createHeaderProtection(keys.aead, keys.headerProtectionKey);
  }

  get output(): Uint8Array {
    return this.#output;
  }

  unmask(buffer: Uint8Array, offset: number, packetNumberOffset: number): void {
    const sample = packetNumberOffset + 4;
    const mask = this.#headerProtection.masks(buffer.subarray(sample, sample + SAMPLE_LENGTH));
    const protectedBits = (buffer[offset] as number) & 0x80 ? 0x0f : 0x1f;
    const first = (buffer[offset] as number) ^ ((mask[0] as number) & protectedBits);
    buffer[offset] = first;
    const length = (first & 0x03) + 1;
    for (let i = 0; i < length; i++) {
      buffer[packetNumberOffset + i] =
        (buffer[packetNumberOffset + i] as number) ^ (mask[1 + i] as number);
    }
  }

  open(
    buffer: Uint8Array,
    offset: number,
    headerLength: number,
    length: number,
    pathId: number,
    packetNumber: number,
  ): number {
    const payload = offset + headerLength;
    const tag = offset + length - AEAD_TAG_LENGTH;
    this.#output = NOTHING;
    if (tag < payload) return -1;
    const nonce = this.#nonce.of(pathId, Math.floor(packetNumber / 2 ** 32), packetNumber);
    const decipher: DecipherGCM = createDecipheriv(this.#algorithm, this.#key, nonce, TAG_OPTIONS);
    decipher.setAuthTag(buffer.subarray(tag, tag + AEAD_TAG_LENGTH));
    decipher.setAAD(buffer.subarray(offset, payload));
    const plaintext = decipher.update(buffer.subarray(payload, tag));
    try {
      decipher.final();
    } catch {
      return -1;
    }
    this.#output = plainView(plaintext);
    return plaintext.length;
  }

  dispose(): void {
    this.#key.fill(0);
    this.#nonce.wipe();
    this.#headerProtection.wipe();
    this.#output = NOTHING;
  }
}

const NOTHING = new Uint8Array(0);
