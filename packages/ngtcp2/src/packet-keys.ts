import {
  type AeadName,
  type CryptoProvider,
  derivePacketKeys,
  HASH_LENGTH,
  type HashName,
  hkdfExpandLabel,
  hkdfExtract,
} from '@mpquic/crypto';
import { fromHex, wipe } from '@mpquic/wire';
import type { KeyTable } from './key-table.ts';

/** The keys of one direction, by their numbers, and its IV (12 octets). */
export interface NumberedKeys {
  readonly packetKey: number;
  readonly maskKey: number;
  readonly iv: Uint8Array;
}

interface Protection {
  readonly aead: AeadName;
  readonly hash: HashName;
}

/** Keys of QUIC version 1, by HKDF of the provider. RFC 9001 §5.1, §5.2, §6.1 */
export class PacketKeyDeriver {
  readonly #crypto: CryptoProvider;
  readonly #table: KeyTable;

  constructor(crypto: CryptoProvider, table: KeyTable) {
    this.#crypto = crypto;
    this.#table = table;
  }

  /** Those of a traffic secret, which stays the caller's. */
  keysOf({ aead, hash }: Protection, secret: Uint8Array): NumberedKeys {
    const keys = derivePacketKeys(this.#crypto, { aead, hash, ...LABELS }, secret);
    return {
      packetKey: this.#table.addPacketKey(aead, keys.key),
      maskKey: this.#table.addMaskKey(aead, keys.headerProtectionKey),
      iv: keys.iv,
    };
  }

  /** Those of Initial packets, by the client's first Destination Connection ID. */
  initialKeys(destination: Uint8Array): { client: NumberedKeys; server: NumberedKeys } {
    const initial = hkdfExtract(this.#crypto, 'sha256', INITIAL_SALT, destination);
    const keys = (label: string): NumberedKeys => {
      const length = HASH_LENGTH.sha256;
      const secret = this.#expand('sha256', initial, label, length);
      return this.keysOf(INITIAL, secret);
    };
    return { client: keys('client in'), server: keys('server in') };
  }

  /** The secret of the next key phase, with its packet key; header protection stays. */
  nextPhase(
    { aead, hash }: Protection,
    secret: Uint8Array,
  ): { readonly secret: Uint8Array; readonly packetKey: number; readonly iv: Uint8Array } {
    const next = this.#expand(hash, secret, 'quic ku', HASH_LENGTH[hash]);
    const keys = derivePacketKeys(this.#crypto, { aead, hash, ...LABELS }, next);
    wipe(keys.headerProtectionKey);
    return { secret: next, packetKey: this.#table.addPacketKey(aead, keys.key), iv: keys.iv };
  }

  /** The key of Retry Integrity Tags; its nonce is ngtcp2's to know. RFC 9001 §5.8 */
  retryKey(): number {
    return this.#table.addPacketKey('aes-128-gcm', RETRY_KEY.slice());
  }

  #expand(hash: HashName, secret: Uint8Array, label: string, length: number): Uint8Array {
    return hkdfExpandLabel(this.#crypto, hash, secret, label, NO_CONTEXT, length);
  }
}

const LABELS = { keyLabel: 'quic key', ivLabel: 'quic iv', headerProtectionLabel: 'quic hp' };
const INITIAL: Protection = { aead: 'aes-128-gcm', hash: 'sha256' };
const INITIAL_SALT: Uint8Array = fromHex('38762cf7f55934b34d179ae6a4c80cadccbb7f0a');
const RETRY_KEY: Uint8Array = fromHex('be0c690b9f66575a1d766b54e368c84e');
const NO_CONTEXT = new Uint8Array(0);
