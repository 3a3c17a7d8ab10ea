import {
  AEAD_IV_LENGTH,
  AEAD_KEY_LENGTH,
  type CryptoProvider,
  HASH_LENGTH,
  hkdfExpandLabel,
  hkdfExtract,
  type PacketKeys,
} from '@mpquic/crypto';
import { wipe } from '@mpquic/wire';
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

/** The keys of one direction from its traffic secret; the caller wipes both. RFC 9001 §5.1 */
export function derivePacketKeys(
  crypto: CryptoProvider,
  version: QuicVersion,
  suite: ProtectionSuite,
  secret: Uint8Array,
): PacketKeys {
  const { labels } = version;
  const length = AEAD_KEY_LENGTH[suite.aead];
  const expand = (label: string, octets: number) =>
    hkdfExpandLabel(crypto, suite.hash, secret, label, NO_CONTEXT, octets);
  return {
    aead: suite.aead,
    key: expand(labels.key, length),
    iv: expand(labels.iv, AEAD_IV_LENGTH),
    headerProtectionKey: expand(labels.headerProtection, length),
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

/** Overwrites the keys of one direction. */
export function wipePacketKeys(keys: PacketKeys): void {
  wipe(keys.key, keys.iv, keys.headerProtectionKey);
}

const NO_CONTEXT = new Uint8Array();
