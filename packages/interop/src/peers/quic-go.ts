import type { Peer } from '../matrix.ts';
import { clientCases } from '../quic/client-cases.ts';
import type { QuicPeer } from '../quic/quic-peer.ts';
import { serverCases } from '../quic/server-cases.ts';
import { detectFile, peerFile } from './built-program.ts';

const PROGRAM = peerFile('quic-go/build/quic-go-peer');

const lacks = { 'compatible-version': 'quic-go has no compatible version negotiation' } as const;
const REPLAYED = 'its server takes the 0-RTT of a ticket again and again';

export const quicGoPrograms: QuicPeer = {
  command: [PROGRAM],
  lacks: { client: { ...lacks, '0-rtt-rejected': REPLAYED }, server: lacks },
};

/** The QUIC stack of the Go world. */
export const quicGo: Peer = {
  name: 'quic-go',
  description: 'quic-go 0.65 (Go, crypto/tls)',
  detect: () => detectFile(PROGRAM, '0.65.0', 'Go 1.26 or later'),
  cases: [...clientCases(quicGoPrograms), ...serverCases(quicGoPrograms)],
};
