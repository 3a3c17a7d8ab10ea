import type { AeadName, HashName } from '@mpquic/crypto';
import type { CipherSuiteName } from '@mpquic/tls';

/** What packet protection needs to know of a cipher suite. */
export interface ProtectionSuite {
  readonly aead: AeadName;
  readonly hash: HashName;
  /** Packets that one key may seal, over all paths. RFC 9001 §6.6 */
  readonly confidentialityLimit: number;
  /** Packets that may fail to open in a connection, over all keys and paths. RFC 9001 §6.6 */
  readonly integrityLimit: number;
}

export const PROTECTION_SUITES: { readonly [C in CipherSuiteName]: ProtectionSuite } = {
  TLS_AES_128_GCM_SHA256: {
    aead: 'aes-128-gcm',
    hash: 'sha256',
    confidentialityLimit: 2 ** 23,
    integrityLimit: 2 ** 52,
  },
  TLS_AES_256_GCM_SHA384: {
    aead: 'aes-256-gcm',
    hash: 'sha384',
    confidentialityLimit: 2 ** 23,
    integrityLimit: 2 ** 52,
  },
  // Its limit of 2^62 is beyond the packet numbers of one path.
  TLS_CHACHA20_POLY1305_SHA256: {
    aead: 'chacha20-poly1305',
    hash: 'sha256',
    confidentialityLimit: Number.POSITIVE_INFINITY,
    integrityLimit: 2 ** 36,
  },
};

/** The suite of Initial packets. RFC 9001 §5.2 */
export const INITIAL_SUITE: ProtectionSuite = PROTECTION_SUITES.TLS_AES_128_GCM_SHA256;
