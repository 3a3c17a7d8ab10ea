import type { AeadName, HashName } from '@mpquic/crypto';
import { UsageError } from '@mpquic/wire';
import type { CipherSuiteName } from './handshake.ts';

/** A cipher suite of TLS 1.3: the AEAD of the packets and the hash of the key schedule. RFC 9846 §B.4 */
export interface CipherSuite {
  readonly name: CipherSuiteName;
  readonly code: number;
  readonly aead: AeadName;
  readonly hash: HashName;
}

/** By name, in the default order of preference. */
export const CIPHER_SUITES: { readonly [Name in CipherSuiteName]: CipherSuite } = {
  TLS_AES_128_GCM_SHA256: {
    name: 'TLS_AES_128_GCM_SHA256',
    code: 0x1301,
    aead: 'aes-128-gcm',
    hash: 'sha256',
  },
  TLS_AES_256_GCM_SHA384: {
    name: 'TLS_AES_256_GCM_SHA384',
    code: 0x1302,
    aead: 'aes-256-gcm',
    hash: 'sha384',
  },
  TLS_CHACHA20_POLY1305_SHA256: {
    name: 'TLS_CHACHA20_POLY1305_SHA256',
    code: 0x1303,
    aead: 'chacha20-poly1305',
    hash: 'sha256',
  },
};

/** The suites of these names, all three when absent. @throws {UsageError} on an empty list or an unknown name */
export function selectCipherSuites(
  names: readonly CipherSuiteName[] | undefined,
): readonly CipherSuite[] {
  if (names === undefined) return ALL_SUITES;
  if (names.length === 0) throw new UsageError('no cipher suite is configured');
  return names.map((name) => {
    const suite = CIPHER_SUITES[name];
    if (suite === undefined) throw new UsageError(`unknown cipher suite ${JSON.stringify(name)}`);
    return suite;
  });
}

const ALL_SUITES: readonly CipherSuite[] = Object.values(CIPHER_SUITES);
