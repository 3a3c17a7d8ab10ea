import { type CipherGCM, createCipheriv } from 'node:crypto';
import { wipe } from '@mpquic/wire';
import { asNodeAead, checkPacketKeys, TAG_OPTIONS } from './aead.ts';
import {
  createHeaderProtection,
  type HeaderProtection,
  SAMPLE_LENGTH,
} from './header-protection.ts';
import { PacketNonce } from './packet-nonce.ts';
import { type PacketKeys, type PacketSealer, SEAL_ROW_LENGTH, SealColumn } from './provider.ts';

/** @throws {UsageError} where a key has a wrong length */
export function createNodeSealer(keys: PacketKeys): PacketSealer {
  checkPacketKeys(keys);
  const { aead, key, iv, headerProtectionKey } = keys;
  const headerProtection = createHeaderProtection(aead, headerProtectionKey.slice());
  return new NodePacketSealer({ aead, key: key.slice(), iv: iv.slice() }, headerProtection);
}

/** Packet protection over node:crypto: a cipher per packet, one call for all header masks. */
export class NodePacketSealer implements PacketSealer {
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

  seal(buffer: Uint8Array, table: Int32Array, count: number): void {
    if (count === 0) return;
    if (samples.length < count * SAMPLE_LENGTH) samples = new Uint8Array(count * SAMPLE_LENGTH);
    for (let i = 0; i < count; i++) this.#encrypt(buffer, table, i);
    const masks = this.headerProtection.masks(samples.subarray(0, count * SAMPLE_LENGTH));
    for (let i = 0; i < count; i++) {
      applyMask(buffer, table, i * SEAL_ROW_LENGTH, masks, i * this.headerProtection.stride);
    }
  }

  /** Encrypts packet `i` of the table in place and takes its sample. */
  #encrypt(buffer: Uint8Array, table: Int32Array, i: number): void {
    const row = i * SEAL_ROW_LENGTH;
    const start = table[row + SealColumn.offset] as number;
    const payload = start + (table[row + SealColumn.headerLength] as number);
    const end = payload + (table[row + SealColumn.payloadLength] as number);
    const nonce = this.#nonce.of(
      table[row + SealColumn.pathId] as number,
      table[row + SealColumn.packetNumberHigh] as number,
      table[row + SealColumn.packetNumberLow] as number,
    );
    const cipher: CipherGCM = createCipheriv(this.#algorithm, this.#key, nonce, TAG_OPTIONS);
    cipher.setAAD(buffer.subarray(start, payload));
    buffer.set(cipher.update(buffer.subarray(payload, end)), payload);
    cipher.final();
    buffer.set(cipher.getAuthTag(), end);

    // RFC 9001 §5.4.2: the sample lies as if the packet number took 4 octets.
    const sample = payload - (table[row + SealColumn.packetNumberLength] as number) + 4;
    samples.set(buffer.subarray(sample, sample + SAMPLE_LENGTH), i * SAMPLE_LENGTH);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#key.fill(0);
    this.#nonce.wipe();
    this.headerProtection.release();
  }
}

/** RFC 9001 §5.4.1 */
function applyMask(
  buffer: Uint8Array,
  table: Int32Array,
  row: number,
  masks: Uint8Array,
  mask: number,
): void {
  const first = table[row + SealColumn.offset] as number;
  const length = table[row + SealColumn.packetNumberLength] as number;
  const packetNumber = first + (table[row + SealColumn.headerLength] as number) - length;
  const protectedBits = (buffer[first] as number) & 0x80 ? 0x0f : 0x1f;
  buffer[first] = (buffer[first] as number) ^ ((masks[mask] as number) & protectedBits);
  for (let i = 0; i < length; i++) {
    buffer[packetNumber + i] =
      (buffer[packetNumber + i] as number) ^ (masks[mask + 1 + i] as number);
  }
}

/** Samples of the packets of one call. */
let samples = new Uint8Array(SAMPLE_LENGTH);
