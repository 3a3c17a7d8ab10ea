import { UsageError } from '@mpquic/wire';
import { createHeaderProtection, type HeaderProtection } from './header-protection.ts';
import { type Hmac, hkdfExpandLabel } from './hkdf.ts';
import { NodePacketOpener } from './packet-opener.ts';
import { NodePacketSealer } from './packet-sealer.ts';
import {
  AEAD_IV_LENGTH,
  AEAD_KEY_LENGTH,
  HASH_LENGTH,
  type PacketKeyDerivation,
  type PacketKeys,
  type PacketOpener,
  type PacketSealer,
} from './provider.ts';

/**
 * The keys of one direction from its traffic secret; the caller wipes both. RFC 9001 §5.1
 * @throws {UsageError} where the secret is not as long as the hash
 */
export function derivePacketKeys(
  crypto: Hmac,
  derivation: PacketKeyDerivation,
  secret: Uint8Array,
): PacketKeys {
  return {
    ...payloadKeys(crypto, derivation, secret),
    headerProtectionKey: headerProtectionKey(crypto, derivation, secret),
  };
}

/** `CryptoProvider.deriveSealer` of providers whose packet protection is that of node:crypto. */
export function deriveNodeSealer(
  crypto: Hmac,
  derivation: PacketKeyDerivation,
  secret: Uint8Array,
  before?: PacketSealer,
): PacketSealer {
  const keys = payloadKeys(crypto, derivation, secret);
  const kept = before instanceof NodePacketSealer ? before.headerProtection : undefined;
  return new NodePacketSealer(keys, kept?.share() ?? protectHeaders(crypto, derivation, secret));
}

/** `CryptoProvider.deriveOpener`, likewise. */
export function deriveNodeOpener(
  crypto: Hmac,
  derivation: PacketKeyDerivation,
  secret: Uint8Array,
  before?: PacketOpener,
): PacketOpener {
  const keys = payloadKeys(crypto, derivation, secret);
  const kept = before instanceof NodePacketOpener ? before.headerProtection : undefined;
  return new NodePacketOpener(keys, kept?.share() ?? protectHeaders(crypto, derivation, secret));
}

function payloadKeys(
  crypto: Hmac,
  { aead, hash, keyLabel, ivLabel }: PacketKeyDerivation,
  secret: Uint8Array,
): Omit<PacketKeys, 'headerProtectionKey'> {
  if (secret.length !== HASH_LENGTH[hash]) {
    throw new UsageError(`secrets of ${hash} have ${HASH_LENGTH[hash]} octets`);
  }
  return {
    aead,
    key: hkdfExpandLabel(crypto, hash, secret, keyLabel, NO_CONTEXT, AEAD_KEY_LENGTH[aead]),
    iv: hkdfExpandLabel(crypto, hash, secret, ivLabel, NO_CONTEXT, AEAD_IV_LENGTH),
  };
}

function headerProtectionKey(
  crypto: Hmac,
  { aead, hash, headerProtectionLabel: label }: PacketKeyDerivation,
  secret: Uint8Array,
): Uint8Array {
  return hkdfExpandLabel(crypto, hash, secret, label, NO_CONTEXT, AEAD_KEY_LENGTH[aead]);
}

function protectHeaders(
  crypto: Hmac,
  derivation: PacketKeyDerivation,
  secret: Uint8Array,
): HeaderProtection {
  return createHeaderProtection(derivation.aead, headerProtectionKey(crypto, derivation, secret));
}

const NO_CONTEXT = new Uint8Array(0);
