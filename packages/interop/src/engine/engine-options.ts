import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { SessionOptions } from '@mpquic/endpoint';
import type { QuicVersionName } from '@mpquic/quic';
import type { ExternalPsk, PskMode } from '@mpquic/tls';
import { fromHex } from '@mpquic/wire';
import type { PeerAlpn } from '../quic/quic-peer.ts';

/**
 * What the program of another engine is asked for: the options of `QuicPeer`, and those of PSKs. `--upload N`: octets
 * that are echoed; `--close-code N`: the application's code that the session is closed with.
 */
export interface EngineOptions {
  readonly role: 'client' | 'server';
  readonly port: number;
  readonly alpn: PeerAlpn;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly ca: string | undefined;
  readonly psk: ExternalPsk | undefined;
  /** Versions, groups and cipher suites, where they are not the usual ones. */
  readonly session: Pick<SessionOptions, 'ciphers' | 'groups' | 'versions'>;
  readonly retry: boolean;
  readonly keyUpdate: boolean;
  readonly migrate: boolean;
  readonly bytes: number;
  readonly upload: number;
  readonly connections: number;
  readonly datagrams: number;
  readonly closeCode: number | undefined;
}

export function readEngineOptions(args: readonly string[]): EngineOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      port: { type: 'string' },
      alpn: { type: 'string', default: 'perf' },
      cert: { type: 'string' },
      key: { type: 'string' },
      ca: { type: 'string' },
      'identity-hex': { type: 'string' },
      'psk-hex': { type: 'string' },
      'psk-hash': { type: 'string', default: 'sha256' },
      'psk-mode': { type: 'string', default: 'raw' },
      groups: { type: 'string' },
      ciphers: { type: 'string' },
      versions: { type: 'string' },
      retry: { type: 'boolean', default: false },
      'key-update': { type: 'boolean', default: false },
      migrate: { type: 'boolean', default: false },
      bytes: { type: 'string', default: '0' },
      upload: { type: 'string', default: '0' },
      connections: { type: 'string', default: '1' },
      datagrams: { type: 'string', default: '0' },
      'close-code': { type: 'string' },
    },
  });
  const { 'identity-hex': identity, 'psk-hex': key, 'close-code': closeCode } = values;
  return {
    role: positionals[0] === 'server' ? 'server' : 'client',
    port: Number(values.port),
    alpn: values.alpn as PeerAlpn,
    cert: text(values.cert),
    key: text(values.key),
    ca: text(values.ca),
    psk:
      identity === undefined || key === undefined
        ? undefined
        : {
            identity: fromHex(identity),
            key: fromHex(key),
            hash: values['psk-hash'] === 'sha384' ? 'sha384' : 'sha256',
            mode: values['psk-mode'] as PskMode,
          },
    session: {
      ciphers: values.ciphers,
      groups: values.groups,
      versions: values.versions?.split(',') as QuicVersionName[] | undefined,
    },
    retry: values.retry,
    keyUpdate: values['key-update'],
    migrate: values.migrate,
    bytes: Number(values.bytes),
    upload: Number(values.upload),
    connections: Number(values.connections),
    datagrams: Number(values.datagrams),
    closeCode: closeCode === undefined ? undefined : Number(closeCode),
  };
}

function text(file: string | undefined): string | undefined {
  return file === undefined ? undefined : readFileSync(file, 'utf8');
}
