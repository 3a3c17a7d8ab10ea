import type { Availability, Peer } from '../matrix.ts';
import { clientCases } from '../quic/client-cases.ts';
import type { QuicPeer } from '../quic/quic-peer.ts';
import { serverCases } from '../quic/server-cases.ts';
import { detectFile, installedFile, peerFile } from './built-program.ts';

function program(name: string): readonly [string, string] {
  return [process.execPath, peerFile(`quiche/${name}`)];
}

/** Whether scripts/install-interop.sh put the package into its folder. */
function detectPackage(folder: string, version: string): Promise<Availability> {
  return detectFile(installedFile(`${folder}/node_modules`), version);
}

const NO_HTTP3 = 'the package offers no HTTP/3';
const NO_MIGRATION = 'its interface cannot move a connection';
const NO_UPDATE = 'quiche never starts a key update';
const NO_EARLY_DATA = 'the tickets of its server allow none';
const NO_V2 = 'quiche speaks version 1 only';
const NO_ECN = 'quiche neither marks packets nor counts marks';
const ONE_VERSION = { 'version-2': NO_V2, 'compatible-version': NO_V2, ecn: NO_ECN } as const;

export const matrixaiPrograms: QuicPeer = {
  command: program('matrixai.mjs'),
  lacks: {
    client: {
      ...ONE_VERSION,
      '0-rtt-rejected': 'its server takes the 0-RTT of a ticket again and again',
      'key-update-by-peer': NO_UPDATE,
      'h3-get': NO_HTTP3,
      'h3-datagrams': NO_HTTP3,
    },
    server: {
      ...ONE_VERSION,
      'version-negotiation': NO_V2,
      'key-update-by-peer': NO_UPDATE,
      'h3-get': NO_HTTP3,
      'h3-datagrams': NO_HTTP3,
    },
  },
};

/** Cloudflare's quiche 0.18, without sockets. */
export const quicheMatrixai: Peer = {
  name: 'quiche-matrixai',
  description: 'quiche 0.18 and BoringSSL (npm: @matrixai/quic)',
  detect: () => detectPackage('matrixai', '@matrixai/quic 2.0.9'),
  cases: [...clientCases(matrixaiPrograms), ...serverCases(matrixaiPrograms)],
};

function currentspace(runtime: 'portable' | 'wasm', lacks: QuicPeer['lacks']): QuicPeer {
  const [node, file] = program('currentspace.mjs');
  // Given much to send at once, it sends beyond MAX_DATA: so it meets MAX_STREAM_DATA first.
  const limits = { initialMaxData: 16_000_000 };
  const environment = { QUICHE_RUNTIME: runtime };
  // Its streams wait for the handshake, its requests need not.
  return {
    command: [node, file],
    onlyHttp3: ['0-rtt', '0-rtt-rejected'],
    environment,
    limits,
    lacks,
  };
}

const currentspaceClientLacks = {
  ...ONE_VERSION,
  'version-negotiation': NO_V2,
  'key-update-by-peer': NO_UPDATE,
  migration: NO_MIGRATION,
} as const;

export const quicheNativePrograms: QuicPeer = currentspace('portable', {
  client: {
    ...ONE_VERSION,
    '0-rtt': NO_EARLY_DATA,
    '0-rtt-rejected': NO_EARLY_DATA,
    'version-negotiation': 'its server does not answer to version 2',
    'key-update-by-peer': NO_UPDATE,
    'h3-datagrams': 'its server offers no extended CONNECT',
  },
  server: currentspaceClientLacks,
});
const wasm = currentspace('wasm', { server: currentspaceClientLacks });

/** Cloudflare's quiche 0.29 with sockets of its own. */
export const quicheNative: Peer = {
  name: 'quiche',
  description: 'quiche 0.29 and BoringSSL (npm: @currentspace/http3)',
  detect: () => detectPackage('currentspace', '@currentspace/http3 0.9.0'),
  cases: [...clientCases(quicheNativePrograms), ...serverCases(quicheNativePrograms)],
};

/** The same, compiled to WebAssembly; a client only, as its documentation says. */
export const quicheWasm: Peer = {
  name: 'quiche-wasm',
  description: 'quiche 0.29 as WebAssembly (npm: @currentspace/http3), client only',
  detect: () => detectPackage('currentspace', '@currentspace/http3 0.9.0'),
  cases: serverCases(wasm),
};
