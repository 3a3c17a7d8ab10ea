import type { ExternalPsk } from '@mpquic/tls';
import { type Address, formatAddress, utf8 } from '@mpquic/wire';

/** The PSK of all benches: what is measured does not depend on its value. */
export function benchPsk(): ExternalPsk {
  return {
    identity: utf8('ue-1@upf.bench.example'),
    key: new Uint8Array(32).fill(0x5a),
    hash: 'sha256',
    mode: 'raw',
  };
}

/** Options that both sides of all benches share. */
export const sessionDefaults = {
  alpn: 'hq-interop',
  ciphers: ['TLS_AES_128_GCM_SHA256'],
  groups: ['x25519'],
  maxPayloadSize: 1452,
  /** Seconds: longer than any bench takes. */
  transportParams: { maxIdleTimeout: 600 },
} as const;

/** host:port of each. */
export function addressTexts(addresses: readonly Address[]): string[] {
  return addresses.map(formatAddress);
}

export const LOOPBACK = '127.0.0.1';
