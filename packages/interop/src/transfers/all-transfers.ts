import type { Peer } from '../matrix.ts';
import { noq } from '../peers/noq.ts';
import { NOQ_PROGRAM, SECOND_HOST } from '../peers/noq-setup.ts';
import { qpsk } from '../peers/qpsk.ts';
import { pskArguments, QPSK_CLIENT, QPSK_SERVER } from '../peers/qpsk-setup.ts';
import {
  matrixaiPrograms,
  quicheMatrixai,
  quicheNative,
  quicheNativePrograms,
} from '../peers/quiche.ts';
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

/** The programs of a peer of the matrix, by certificates. */
function ofQuicPeer({ command, environment = {} }: QuicPeer): TransferPrograms {
  const [program, ...first] = command;
  return {
    server: [program, ...first, 'server'],
    client: [program, ...first, 'client'],
    environment,
    serverArguments: (port, { certFile, keyFile }) => [
      ...['--port', String(port), '--cert', certFile, '--key', keyFile, ...ALPN],
    ],
    clientArguments: (port, { caFile }, octets) => [
      ...['--port', String(port), '--ca', caFile, '--bytes', String(octets), ...ALPN],
    ],
  };
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

/** Every peer that can download from itself. */
export const peerTransfers: readonly PeerTransfer[] = [
  transfer(qpsk, 'ngtcp2 and GnuTLS, PSK, datagrams up to 1452 octets, one path', qpskPrograms),
  transfer(noq, 'Rust, certificates, datagrams up to 1452 octets, one path', noqPrograms(1)),
  transfer(noq, 'the same, two paths', noqPrograms(2), 'noq-2paths'),
  transfer(
    quicheNative,
    'quiche 0.29 in Node.js (@currentspace/http3), certificates, 1350 octets, one path',
    ofQuicPeer(quicheNativePrograms),
  ),
  transfer(
    quicheMatrixai,
    'quiche 0.18 in Node.js over node:dgram (@matrixai/quic), certificates, 1350 octets, one path',
    ofQuicPeer(matrixaiPrograms),
  ),
];
