import {
  type Cipher,
  type CipherGCM,
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  type DecipherGCM,
  type KeyObject,
} from 'node:crypto';

/** Octets of a short header: flags, connection ID of 8, packet number of 2. */
export const HEADER_LENGTH = 11;
export const TAG_LENGTH = 16;
const PACKET_NUMBER_OFFSET = 9;
const SAMPLE_OFFSET = PACKET_NUMBER_OFFSET + 4;
const OPTIONS = { authTagLength: TAG_LENGTH };

/** AES-128-GCM with header protection by node:crypto alone, without anything that a real stack needs around it. */
export class ReferenceProtection {
  readonly #sealKey: KeyObject;
  readonly #openKey: KeyObject;
  readonly #sealIv: Uint8Array;
  readonly #openIv: Uint8Array;
  readonly #sealMask: Cipher;
  readonly #openMask: Cipher;
  readonly #nonce: Uint8Array = new Uint8Array(12);
  #largest = -1;
  /** Of the packet opened last. */
  packetNumber = 0;

  constructor(role: 'sender' | 'receiver') {
    const [seal, open] = role === 'sender' ? [1, 4] : [4, 1];
    this.#sealKey = createSecretKey(new Uint8Array(16).fill(seal));
    this.#openKey = createSecretKey(new Uint8Array(16).fill(open));
    this.#sealIv = new Uint8Array(12).fill(seal + 1);
    this.#openIv = new Uint8Array(12).fill(open + 1);
    this.#sealMask = maskCipher(seal + 2);
    this.#openMask = maskCipher(open + 2);
  }

  /** The protected packet of the `length` octets in `packet`, whose header comes first. */
  seal(packet: Uint8Array, length: number, packetNumber: number): Uint8Array {
    const out = Buffer.allocUnsafe(length + TAG_LENGTH);
    const nonce = this.#nonceOf(this.#sealIv, packetNumber);
    const cipher = createCipheriv('aes-128-gcm', this.#sealKey, nonce, OPTIONS) as CipherGCM;
    cipher.setAAD(packet.subarray(0, HEADER_LENGTH));
    const sealed = cipher.update(packet.subarray(HEADER_LENGTH, length));
    cipher.final();
    for (let i = 0; i < HEADER_LENGTH; i++) out[i] = packet[i] as number;
    out.set(sealed, HEADER_LENGTH);
    out.set(cipher.getAuthTag(), length);
    const mask = this.#sealMask.update(out.subarray(SAMPLE_OFFSET, SAMPLE_OFFSET + 16));
    this.#applyMask(out, mask);
    return out;
  }

  /** The plaintext of a protected packet, which is unmasked in place. Throws where it is not authentic. */
  open(packet: Uint8Array): Uint8Array {
    const mask = this.#openMask.update(packet.subarray(SAMPLE_OFFSET, SAMPLE_OFFSET + 16));
    this.#applyMask(packet, mask);
    const truncated =
      ((packet[PACKET_NUMBER_OFFSET] as number) << 8) |
      (packet[PACKET_NUMBER_OFFSET + 1] as number);
    const packetNumber = this.#expand(truncated);
    const end = packet.length - TAG_LENGTH;
    const nonce = this.#nonceOf(this.#openIv, packetNumber);
    const decipher = createDecipheriv('aes-128-gcm', this.#openKey, nonce, OPTIONS) as DecipherGCM;
    decipher.setAAD(packet.subarray(0, HEADER_LENGTH));
    decipher.setAuthTag(packet.subarray(end));
    const plaintext = decipher.update(packet.subarray(HEADER_LENGTH, end));
    decipher.final();
    if (packetNumber > this.#largest) this.#largest = packetNumber;
    this.packetNumber = packetNumber;
    return plaintext;
  }

  #applyMask(packet: Uint8Array, mask: Uint8Array): void {
    packet[0] = (packet[0] as number) ^ ((mask[0] as number) & 0x1f);
    for (let i = 0; i < 2; i++) {
      const at = PACKET_NUMBER_OFFSET + i;
      packet[at] = (packet[at] as number) ^ (mask[1 + i] as number);
    }
  }

  #nonceOf(iv: Uint8Array, packetNumber: number): Uint8Array {
    const nonce = this.#nonce;
    nonce.set(iv);
    for (let i = 0; i < 4; i++) {
      nonce[11 - i] = (nonce[11 - i] as number) ^ ((packetNumber >>> (8 * i)) & 0xff);
    }
    return nonce;
  }

  /** RFC 9000 §A.3 for two octets. */
  #expand(truncated: number): number {
    const expected = this.#largest + 1;
    const candidate = expected - (expected % 65536) + truncated;
    if (candidate <= expected - 32768) return candidate + 65536;
    if (candidate > expected + 32768 && candidate >= 65536) return candidate - 65536;
    return candidate;
  }
}

function maskCipher(fill: number): Cipher {
  return createCipheriv('aes-128-ecb', new Uint8Array(16).fill(fill), null).setAutoPadding(false);
}
