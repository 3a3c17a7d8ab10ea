import type { Peer } from '../matrix.ts';
import { clientCases } from '../quic/client-cases.ts';
import type { QuicPeer } from '../quic/quic-peer.ts';
import { serverCases } from '../quic/server-cases.ts';
import { detectFile, peerFile } from './built-program.ts';

const PROGRAM = peerFile('quinn/target/release/quinn-peer');

const NO_HTTP3 = 'quinn itself offers no HTTP/3';
const NO_V2 = 'quinn speaks version 1 only';
const lacks = {
  'version-2': NO_V2,
  'compatible-version': NO_V2,
  'h3-get': NO_HTTP3,
  'h3-datagrams': NO_HTTP3,
} as const;

export const quinnPrograms: QuicPeer = {
  command: [PROGRAM],
  lacks: { client: lacks, server: { ...lacks, 'version-negotiation': NO_V2 } },
};

/** The QUIC stack of the Rust world, from which noq comes. */
export const quinn: Peer = {
  name: 'quinn',
  description: 'quinn 0.11 (Rust, rustls)',
  detect: () => detectFile(PROGRAM, '0.11.12', 'cargo 1.85 or later'),
  cases: [...clientCases(quinnPrograms), ...serverCases(quinnPrograms)],
};
