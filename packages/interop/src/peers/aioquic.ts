import type { Peer } from '../matrix.ts';
import { clientCases } from '../quic/client-cases.ts';
import type { QuicPeer } from '../quic/quic-peer.ts';
import { serverCases } from '../quic/server-cases.ts';
import { webTransportClientCases } from '../quic/webtransport-client-cases.ts';
import type { WebTransportPeer } from '../quic/webtransport-peer.ts';
import { webTransportServerCases } from '../quic/webtransport-server-cases.ts';
import { detectFile, installedFile, peerFile } from './built-program.ts';

const PYTHON = installedFile('aioquic/bin/python');

const lacks = { ecn: 'asyncio, its transport, knows no ECN field' } as const;

const program: QuicPeer = {
  command: [PYTHON, peerFile('aioquic/peer.py')],
  lacks: { client: lacks, server: lacks },
};

const webTransport: WebTransportPeer = {
  command: [PYTHON, peerFile('aioquic/webtransport.py')],
  lacksDraft07: 'aioquic speaks draft-02 only',
};

/** The QUIC stack of the Python world. */
export const aioquic: Peer = {
  name: 'aioquic',
  description: 'aioquic 1.7 (Python)',
  detect: () => detectFile(PYTHON, '1.7.2', 'Python 3'),
  cases: [
    ...clientCases(program),
    ...webTransportClientCases(webTransport),
    ...serverCases(program),
    ...webTransportServerCases(webTransport),
  ],
};
