import type { Peer } from '../matrix.ts';
import { runnerPeer } from '../runner/local/runner-peer.ts';
import { gnutls } from './gnutls.ts';
import { gtls } from './gtls.ts';
import { nodeTls } from './node-tls.ts';
import { noq } from './noq.ts';
import { openssl } from './openssl.ts';
import { qpsk } from './qpsk.ts';
import { quicheMatrixai, quicheNative, quicheWasm } from './quiche.ts';

/** Every stack that `mpq interop` knows, in the order of its matrix; the last is this one, over the runner's link. */
export const peers: readonly Peer[] = [
  qpsk,
  gtls,
  noq,
  quicheNative,
  quicheWasm,
  quicheMatrixai,
  openssl,
  gnutls,
  nodeTls,
  runnerPeer,
];
