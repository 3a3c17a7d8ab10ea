import { createDecipheriv, type DecipherGCM } from 'node:crypto';
import { wipe } from '@mpquic/wire';
import { asNodeAead, checkPacketKeys, TAG_OPTIONS } from './aead.ts';
import { plainView } from './bytes.ts';
import {
  createHeaderProtection,
  type HeaderProtection,
  SAMPLE_LENGTH,
} from './header-protection.ts';
import { PacketNonce } from './packet-nonce.ts';
import { AEAD_TAG_LENGTH, type PacketKeys, type PacketOpener } from './provider.ts';

/** @throws {UsageError} where a key has a wrong length */
export function createNodeOpener(keys: PacketKeys): PacketOpener {
  checkPacketKeys(keys);
  const { aead, key, iv, headerProtectionKey } = keys;
  const headerProtection = createHeaderProtection(aead, headerProtectionKey.slice());
  return new NodePacketOpener({ aead, key: key.slice(), iv: iv.slice() }, headerProtection);
}

/** Removal of packet protection over node:crypto; every plaintext comes in a buffer of its own. */
export class NodePacketOpener implements PacketOpener {
  readonly outputOffset = 0;
  readonly outputIsOwned = true;
  readonly #algorithm: 'aes-128-gcm';
  readonly #key: Uint8Array;
  readonly #nonce: PacketNonce;
  readonly headerProtection: HeaderProtection;
  #disposed = false;

  /** Takes over the keys. */
  constructor(
    { aead, key, iv }: Omit<PacketKeys, 'headerProtectionKey'>,
    headerProtection: HeaderProtection,
  ) {
    this.#algorithm = asNodeAead(aead);
    this.#key = key;
    this.#nonce = new PacketNonce(iv);
    this.headerProtection = headerProtection;
    wipe(iv);
  }

  get output(): Uint8Array {
    return lastPlaintext;
  }

  unmask(buffer: Uint8Array, offset: number, packetNumberOffset: number): void {
    const sample = packetNumberOffset + 4;
    const mask = this.headerProtection.masks(buffer.subarray(sample, sample + SAMPLE_LENGTH));
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
    lastPlaintext = NOTHING;
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
    lastPlaintext = plainView(plaintext);
    return plaintext.length;
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#key.fill(0);
    this.#nonce.wipe();
    this.headerProtection.release();
    lastPlaintext = NOTHING;
  }
}

const NOTHING = new Uint8Array(0);

/** Of whichever opener: an idle connection keeps none of its own. */
let lastPlaintext: Uint8Array = NOTHING;
