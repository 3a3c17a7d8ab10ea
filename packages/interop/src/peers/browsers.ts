import type { Peer } from '../matrix.ts';
import { detectProgram } from '../peer-process.ts';
import { clientCases } from '../quic/client-cases.ts';
import type { QuicPeer } from '../quic/quic-peer.ts';
import { serverCases } from '../quic/server-cases.ts';
import type { WebTransportPeer } from '../quic/webtransport-peer.ts';
import { webTransportServerCases } from '../quic/webtransport-server-cases.ts';
import { webTransportW3cCase } from '../quic/webtransport-w3c-case.ts';
import { peerFile } from './built-program.ts';

const ONE_VERSION = 'Chromium begins with the one version that it is given';
const ONE_PAGE = 'a headless run loads one page';

export const caddyServer: QuicPeer = {
  command: [process.execPath, peerFile('caddy/peer.mjs')],
  onlyHttp3: true,
  lacks: {
    client: {
      retry: 'caddy has no setting for it',
      'version-2': 'this quic-go knows no version 2 of RFC 9369',
      'compatible-version': 'quic-go has no compatible version negotiation',
      '0-rtt-rejected': 'it takes the 0-RTT of a ticket again and again',
      migration: 'it asks its clients not to migrate',
      ecn: 'this quic-go counts no marks',
      'key-update-by-peer': 'this quic-go updates keys after 100,000 packets',
      'nat-rebinding': 'this quic-go sends to the first address of a client only',
      datagrams: 'caddy serves HTTP only',
      'h3-datagrams': 'caddy takes no extended CONNECT',
    },
  },
};

/** A web server on an earlier quic-go. */
export const caddy: Peer = {
  name: 'caddy',
  description: "Debian's caddy (quic-go), HTTP/3 server",
  detect: () => detectProgram('caddy', ['version']),
  cases: clientCases(caddyServer),
};

const chromiumClient: QuicPeer = {
  command: [process.execPath, peerFile('chromium/peer.mjs')],
  onlyHttp3: true,
  lacks: {
    server: {
      resumption: ONE_PAGE,
      '0-rtt': ONE_PAGE,
      '0-rtt-rejected': ONE_PAGE,
      'compatible-version': ONE_VERSION,
      'version-negotiation': ONE_VERSION,
      'key-update-by-peer': 'Chromium starts no key update of its own here',
      migration: 'Chromium migrates where networks change, which loopback does not',
      datagrams: 'for WebTransport only: see its cases',
      'h3-datagrams': 'for WebTransport only: see its cases',
    },
  },
};

const chromiumPage: WebTransportPeer = {
  command: [process.execPath, peerFile('chromium/webtransport.mjs')],
};

/** The browser, as a client. */
export const chromium: Peer = {
  name: 'chromium',
  description: "Debian's Chromium, headless, HTTP/3 and WebTransport client",
  detect: () => detectProgram('chromium', ['--version']),
  cases: [
    ...serverCases(chromiumClient),
    ...webTransportServerCases(chromiumPage),
    webTransportW3cCase(chromiumPage),
  ],
};
