import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Availability, Peer } from '../matrix.ts';
import { clientCases } from '../quic/client-cases.ts';
import type { QuicPeer } from '../quic/quic-peer.ts';
import { serverCases } from '../quic/server-cases.ts';

const PROGRAMS = new URL('../../../peers/quiche/', import.meta.url);
const INSTALLED = new URL('../../../../../.interop/', import.meta.url);

function program(name: string): readonly [string, string] {
  return [process.execPath, fileURLToPath(new URL(name, PROGRAMS))];
}

/** Whether scripts/install-interop.sh put the package into its folder. */
function detectPackage(folder: string, version: string): Promise<Availability> {
  const isThere = existsSync(fileURLToPath(new URL(`${folder}/node_modules`, INSTALLED)));
  return Promise.resolve(
    isThere
      ? { installed: true, version }
      : { installed: false, reason: 'run scripts/install-interop.sh' },
  );
}

const NO_HTTP3 = 'the package offers no HTTP/3';
const NO_UPDATE = 'quiche never starts a key update';

const matrixai: QuicPeer = {
  command: program('matrixai.mjs'),
  lacks: {
    client: {
      'key-update-by-peer': NO_UPDATE,
      'h3-get': NO_HTTP3,
      'h3-datagrams': NO_HTTP3,
    },
    server: {
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
  cases: [...clientCases(matrixai), ...serverCases(matrixai)],
};
