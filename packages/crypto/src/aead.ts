import { createCipheriv, createDecipheriv } from 'node:crypto';
import { UsageError } from '@mpquic/wire';
import { plainView } from './bytes.ts';
import { AEAD_KEY_LENGTH, AEAD_TAG_LENGTH, type AeadName, type PacketKeys } from './provider.ts';

/** Plain AEAD over node:crypto. @see CryptoProvider.aeadSeal */
export function aeadSeal(
  aead: AeadName,
  key: Uint8Array,
  nonce: Uint8Array,
  additionalData: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  const cipher = createCipheriv(asNodeAead(aead), key, nonce, TAG_OPTIONS);
  cipher.setAAD(additionalData);
  const sealed = new Uint8Array(plaintext.length + AEAD_TAG_LENGTH);
  sealed.set(cipher.update(plaintext));
  cipher.final();
  sealed.set(cipher.getAuthTag(), plaintext.length);
  return sealed;
}

/** Plain AEAD over node:crypto. @see CryptoProvider.aeadOpen */
export function aeadOpen(
  aead: AeadName,
  key: Uint8Array,
  nonce: Uint8Array,
  additionalData: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | undefined {
  const length = sealed.length - AEAD_TAG_LENGTH;
  if (length < 0) return undefined;
  const decipher = createDecipheriv(asNodeAead(aead), key, nonce, TAG_OPTIONS);
  decipher.setAuthTag(sealed.subarray(length));
  decipher.setAAD(additionalData);
  const plaintext = decipher.update(sealed.subarray(0, length));
  try {
    decipher.final();
  } catch {
    return undefined;
  }
  return plainView(plaintext);
}

/** Node's types know the AEADs' methods by the literal names of the GCM ciphers; all AEADs have them. */
export function asNodeAead(aead: AeadName): 'aes-128-gcm' {
  return aead as 'aes-128-gcm';
}

/** @throws {UsageError} where a key has a wrong length; the IV is checked where it is used */
export function checkPacketKeys(keys: PacketKeys): void {
  const length = AEAD_KEY_LENGTH[keys.aead];
  if (keys.key.length !== length || keys.headerProtectionKey.length !== length) {
    throw new UsageError(`keys of ${keys.aead} have ${length} octets`);
  }
}

export const TAG_OPTIONS: { readonly authTagLength: number } = { authTagLength: AEAD_TAG_LENGTH };
