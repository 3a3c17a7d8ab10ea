import { ngtcp2Version } from '@mpquic/ngtcp2';
import type { Peer } from '../matrix.ts';
import { clientCases } from '../quic/client-cases.ts';
import type { QuicPeer } from '../quic/quic-peer.ts';
import { serverCases } from '../quic/server-cases.ts';
import { peerFile } from './built-program.ts';
import { pskClientCases } from './psk-client-cases.ts';
import { pskServerCases } from './psk-server-cases.ts';

const NO_EARLY = 'the engine has no 0-RTT';
const NO_V2 = 'ngtcp2 0.12 speaks version 1 only (and a draft of version 2)';
const lacks = {
  '0-rtt': NO_EARLY,
  '0-rtt-rejected': NO_EARLY,
  'version-2': NO_V2,
  'compatible-version': NO_V2,
} as const;

const program: QuicPeer = {
  command: [process.execPath, peerFile('ngtcp2-wasm/peer.mjs')],
  lacks: { client: lacks, server: { ...lacks, 'version-negotiation': NO_V2 } },
};

/** ngtcp2's transport as WebAssembly, with this project's own TLS: what differs from `qpsk` is the TLS, and what from ours the transport. */
export const ngtcp2Wasm: Peer = {
  name: 'ngtcp2-wasm',
  description: 'ngtcp2 as WebAssembly, with the TLS and the API of this project',
  detect: () => {
    const version = ngtcp2Version();
    return Promise.resolve(
      version === undefined
        ? { installed: false, reason: 'run scripts/build-ngtcp2-wasm.sh (Debian, as root)' }
        : { installed: true, version: `ngtcp2 ${version}` },
    );
  },
  cases: [
    ...pskClientCases(program),
    ...pskServerCases(program),
    ...clientCases(program),
    ...serverCases(program),
  ],
};
