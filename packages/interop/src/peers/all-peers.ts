import type { Peer } from '../matrix.ts';
import { runnerPeer } from '../runner/local/runner-peer.ts';
import { aioquic } from './aioquic.ts';
import { caddy, chromium } from './browsers.ts';
import { gnutls } from './gnutls.ts';
import { gtls } from './gtls.ts';
import { ngtcp2Wasm } from './ngtcp2-wasm.ts';
import { nodeTls } from './node-tls.ts';
import { noq } from './noq.ts';
import { openssl } from './openssl.ts';
import { qpsk } from './qpsk.ts';
import { quicGo } from './quic-go.ts';
import { quicheMatrixai, quicheNative, quicheWasm } from './quiche.ts';
import { quinn } from './quinn.ts';

/** Every stack that `mpq interop` knows, in the order of its matrix; the last is this one, over the runner's link. */
export const peers: readonly Peer[] = [
  qpsk,
  ngtcp2Wasm,
  gtls,
  noq,
  quicheNative,
  quicheWasm,
  quicheMatrixai,
  quicGo,
  aioquic,
  quinn,
  caddy,
  chromium,
  openssl,
  gnutls,
  nodeTls,
  runnerPeer,
];
