import {
  type CryptoProvider,
  HASH_LENGTH,
  hkdfExpandLabel,
  hkdfExtract,
  type PacketKeyDerivation,
} from '@mpquic/crypto';
import type { QuicVersion } from '../wire/versions.ts';
import type { ProtectionSuite } from './suites.ts';

/**
 * The secrets of Initial packets, 32 octets each. RFC 9001 §5.2
 * @param destination the destination connection ID of the client's first Initial, or of the one that
 * answers a Retry
 */
export function deriveInitialSecrets(
  crypto: CryptoProvider,
  version: QuicVersion,
  destination: Uint8Array,
): { readonly client: Uint8Array; readonly server: Uint8Array } {
  const initial = hkdfExtract(crypto, 'sha256', version.initialSalt, destination);
  const expand = (label: string) =>
    hkdfExpandLabel(crypto, 'sha256', initial, label, NO_CONTEXT, HASH_LENGTH.sha256);
  return { client: expand('client in'), server: expand('server in') };
}

/** How packet keys follow from a traffic secret. RFC 9001 §5.1 */
export function packetKeyDerivation(
  { labels }: QuicVersion,
  { aead, hash }: ProtectionSuite,
): PacketKeyDerivation {
  return {
    aead,
    hash,
    keyLabel: labels.key,
    ivLabel: labels.iv,
    headerProtectionLabel: labels.headerProtection,
  };
}

/** The traffic secret of the next key phase. RFC 9001 §6.1 */
export function nextTrafficSecret(
  crypto: CryptoProvider,
  version: QuicVersion,
  suite: ProtectionSuite,
  secret: Uint8Array,
): Uint8Array {
  const length = HASH_LENGTH[suite.hash];
  const { keyUpdate } = version.labels;
  return hkdfExpandLabel(crypto, suite.hash, secret, keyUpdate, NO_CONTEXT, length);
}

const NO_CONTEXT = new Uint8Array();
