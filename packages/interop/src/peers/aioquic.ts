import type { Peer } from '../matrix.ts';
import { clientCases } from '../quic/client-cases.ts';
import type { QuicPeer } from '../quic/quic-peer.ts';
import { serverCases } from '../quic/server-cases.ts';
import { detectFile, installedFile, peerFile } from './built-program.ts';

const PYTHON = installedFile('aioquic/bin/python');

const lacks = { ecn: 'asyncio, its transport, knows no ECN field' } as const;

const program: QuicPeer = {
  command: [PYTHON, peerFile('aioquic/peer.py')],
  lacks: { client: lacks, server: lacks },
};

/** The QUIC stack of the Python world. */
export const aioquic: Peer = {
  name: 'aioquic',
  description: 'aioquic 1.7 (Python)',
  detect: () => detectFile(PYTHON, '1.7.2', 'Python 3'),
  cases: [...clientCases(program), ...serverCases(program)],
};
