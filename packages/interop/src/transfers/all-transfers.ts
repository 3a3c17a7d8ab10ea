import type { Peer } from '../matrix.ts';
import { caddy, caddyServer } from '../peers/browsers.ts';
import { noq } from '../peers/noq.ts';
import { NOQ_PROGRAM, SECOND_HOST } from '../peers/noq-setup.ts';
import { qpsk } from '../peers/qpsk.ts';
import { pskArguments, QPSK_CLIENT, QPSK_SERVER } from '../peers/qpsk-setup.ts';
import { quicGo, quicGoPrograms } from '../peers/quic-go.ts';
import {
  matrixaiPrograms,
  quicheMatrixai,
  quicheNative,
  quicheNativePrograms,
} from '../peers/quiche.ts';
import { quinn, quinnPrograms } from '../peers/quinn.ts';
import type { QuicPeer } from '../quic/quic-peer.ts';
import { measureTransfer, type PeerTransfer, type TransferPrograms } from './peer-transfer.ts';

const HOST = '127.0.0.1';
const ALPN = ['--alpn', 'perf'] as const;

function transfer(
  peer: Peer,
  remark: string,
  programs: TransferPrograms,
  name: string = peer.name,
): PeerTransfer {
  return {
    name,
    remark,
    detect: () => peer.detect(),
    measure: (octets) => measureTransfer(programs, octets),
  };
}

/** The programs of peers of the matrix, by certificates. */
function ofQuicPeers(
  server: QuicPeer,
  client: QuicPeer,
  alpn: 'perf' | 'h3' = 'perf',
): TransferPrograms {
  return {
    server: [...server.command, 'server'],
    client: [...client.command, 'client'],
    environment: { ...server.environment, ...client.environment },
    serverArguments: (port, { certFile, keyFile }, octets) => [
      ...['--port', String(port), '--cert', certFile, '--key', keyFile, '--alpn', alpn],
      ...['--bytes', String(octets)],
    ],
    clientArguments: (port, { caFile }, octets) => [
      ...['--port', String(port), '--ca', caFile, '--bytes', String(octets), '--alpn', alpn],
    ],
  };
}

function ofQuicPeer(peer: QuicPeer): TransferPrograms {
  return ofQuicPeers(peer, peer);
}

const qpskPrograms: TransferPrograms = {
  server: [QPSK_SERVER],
  client: [QPSK_CLIENT],
  serverArguments: (port) => ['--port', String(port), ...pskArguments(), ...ALPN],
  clientArguments: (port, _files, octets) => [
    ...['--port', String(port), ...pskArguments(), ...ALPN],
    ...['--bytes', String(octets), '--timeout', '50'],
  ],
};

function noqPrograms(paths: 1 | 2): TransferPrograms {
  return {
    server: [NOQ_PROGRAM, 'server'],
    client: [NOQ_PROGRAM, 'client'],
    serverArguments: (port, { certFile, keyFile }) => [
      ...['--listen', `${HOST}:${port}`, '--cert', certFile, '--key', keyFile],
    ],
    clientArguments: (port, { caFile }, octets) => [
      ...['--connect', `${HOST}:${port}`, '--ca', caFile, '--bytes', String(octets)],
      ...(paths === 2 ? ['--second', SECOND_HOST] : []),
    ],
  };
}

/** caddy has no client; that of the stack it is built on comes with its certificate checks and its HTTP/3. */
const caddyTransfer: PeerTransfer = {
  name: 'caddy',
  remark: "caddy's files by HTTP/3 to a client on quic-go, datagrams up to 1452 octets, one path",
  detect: async () => {
    const found = await caddy.detect();
    return found.installed ? quicGo.detect() : found;
  },
  measure: (octets) => measureTransfer(ofQuicPeers(caddyServer, quicGoPrograms, 'h3'), octets),
};

/** Every peer that can download from itself, and caddy. */
export const peerTransfers: readonly PeerTransfer[] = [
  transfer(qpsk, 'ngtcp2 and GnuTLS, PSK, datagrams up to 1452 octets, one path', qpskPrograms),
  transfer(noq, 'Rust, certificates, datagrams up to 1452 octets, one path', noqPrograms(1)),
  transfer(noq, 'the same, two paths', noqPrograms(2), 'noq-2paths'),
  transfer(
    quicheNative,
    'quiche 0.29 in Node.js (@currentspace/http3), certificates, datagrams up to 1452 octets, one path',
    ofQuicPeer(quicheNativePrograms),
  ),
  transfer(
    quicheMatrixai,
    'quiche 0.18 in Node.js over node:dgram (@matrixai/quic), certificates, datagrams up to 1452 octets, one path',
    ofQuicPeer(matrixaiPrograms),
  ),
  transfer(
    quinn,
    'Rust, certificates, datagrams up to 1452 octets, one path',
    ofQuicPeer(quinnPrograms),
  ),
  transfer(
    quicGo,
    'Go, certificates, datagrams up to 1452 octets, one path',
    ofQuicPeer(quicGoPrograms),
  ),
  caddyTransfer,
];
