import type { CryptoProvider, GroupName } from '@mpquic/crypto';
import { UsageError } from '@mpquic/wire';
import { type CipherSuite, selectCipherSuites } from './cipher-suites.ts';
import type { HandshakeParameters } from './handshake.ts';
import { selectGroups } from './named-groups.ts';

/** The parameters of both roles, checked and with their defaults. */
export interface HandshakeConfig {
  readonly crypto: CryptoProvider;
  readonly suites: readonly CipherSuite[];
  readonly groups: readonly GroupName[];
  readonly alpn: readonly string[];
  readonly transportParameters: Uint8Array;
  readonly overQuic: boolean;
}

/** @throws {UsageError} */
export function resolveConfig(parameters: HandshakeParameters): HandshakeConfig {
  const overQuic = parameters.transport !== 'stream';
  if (overQuic && parameters.alpn.length === 0) {
    throw new UsageError('QUIC needs at least one ALPN protocol name (RFC 9001 §8.1)');
  }
  for (const name of parameters.alpn) {
    if (name.length < 1 || name.length > 255) {
      throw new UsageError(`an ALPN protocol name has 1 to 255 octets: ${JSON.stringify(name)}`);
    }
  }
  return {
    crypto: parameters.crypto,
    suites: selectCipherSuites(parameters.cipherSuites),
    groups: selectGroups(parameters.groups),
    alpn: parameters.alpn,
    transportParameters: parameters.transportParameters,
    overQuic,
  };
}
