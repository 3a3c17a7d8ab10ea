import type { QuicSession } from '@mpquic/endpoint';
import { H3Session } from '../h3-session.ts';
import { type CaseContext, expect, type InteropCase } from '../matrix.ts';
import { ecnRemark } from '../quic/ecn-remark.ts';
import { updateKey } from '../quic/update-key.ts';
import { type GtlsConnectOptions, type PeerServer, startPeerServer } from './gtls-setup.ts';
import { rate } from './qpsk-setup.ts';

const LARGE = 2_000_000;

function serverCase(
  name: string,
  args: readonly string[],
  use: (server: PeerServer, context: CaseContext) => Promise<string | undefined>,
): InteropCase {
  return {
    name,
    role: 'client',
    async run(context) {
      const server = await startPeerServer(context, args);
      try {
        return await use(server, context);
      } finally {
        server.process.kill();
      }
    },
  };
}

/** Gets the large file. */
async function getLarge(server: PeerServer): Promise<string> {
  const started = performance.now();
  const octets = await server.get('/large');
  expect(octets === LARGE, `${octets} of ${LARGE} octets`, server.process.log);
  return rate(LARGE, started);
}

/** The ticket that a first session leaves. */
async function ticketOf(server: PeerServer): Promise<Uint8Array> {
  const tickets: Uint8Array[] = [];
  await server.get('/1000', { onsessionticket: (ticket) => void tickets.push(ticket) });
  const [ticket] = tickets;
  expect(ticket !== undefined, 'no ticket came', server.process.log);
  return ticket;
}

/** Gets the large file before and after `act`, over one session. */
async function around(
  server: PeerServer,
  options: GtlsConnectOptions,
  act: (session: QuicSession) => void | Promise<void>,
): Promise<QuicSession> {
  const session = await server.open(options);
  const h3 = H3Session.client(session);
  await session.opened;
  const before = await h3.get(server.authority, '/large');
  await act(session);
  const after = await h3.get(server.authority, '/large');
  await session.close();
  expect(before === LARGE && after === LARGE, `${before} and ${after} octets`, server.process.log);
  return session;
}

/** Our client against gtlsserver: certificates, HTTP/3. */
export const clientCases: readonly InteropCase[] = [
  serverCase('certificate', [], async (server) => {
    const session = await server.open();
    const info = await session.opened;
    expect(info.psk === undefined, 'a PSK');
    expect(session.handshake?.certificate !== undefined, 'no certificate was shown');
    await session.close();
    return info.cipher;
  }),
  serverCase('untrusted-certificate', [], async (server) => {
    const session = await server.open({ servername: 'other.example' });
    const opened = await session.opened.then(
      () => true,
      () => false,
    );
    expect(!opened, 'a certificate of another name was believed');
    return undefined;
  }),
  serverCase('h3-get', [], getLarge),
  serverCase('retry', ['--validate-addr'], async (server) => {
    const octets = await server.get('/1000');
    expect(octets === 1000, `${octets} octets`);
    return undefined;
  }),
  serverCase('resumption', [], async (server) => {
    const session = await server.open({ sessionTicket: await ticketOf(server) });
    const { resumed } = await session.opened;
    await session.close();
    expect(resumed, 'the session was not resumed', server.process.log);
    return undefined;
  }),
  serverCase('0-rtt', [], async (server) => {
    const session = await server.open({ sessionTicket: await ticketOf(server), earlyData: true });
    // The request leaves with the ClientHello.
    const octets = await H3Session.client(session).get(server.authority, '/1000');
    const { earlyDataAccepted } = await session.opened;
    await session.close();
    expect(octets === 1000 && earlyDataAccepted, 'the 0-RTT data were rejected');
    return undefined;
  }),
  serverCase('version-negotiation', [], async (server) => {
    const session = await server.open({ versions: ['v2', 'v1'] });
    const { version } = await session.opened;
    await session.close();
    expect(version === 'v1', `agreed on ${version}`);
    return undefined;
  }),
  serverCase('key-update-by-us', [], async (server) => {
    const session = await around(server, {}, (one) => updateKey(one));
    expect(Number(session.stats.keyUpdates) > 0, 'no key update was made');
    return undefined;
  }),
  serverCase('migration', [], async (server, { recording }) => {
    await around(server, {}, (session) => session.migrate({ local: '127.0.0.1' }));
    expect(recording.received.has('path_response'), 'the peer answered no PATH_CHALLENGE');
    return undefined;
  }),
  serverCase('nat-rebinding', [], async (server, { recording }) => {
    await around(server, {}, () => server.nat.rebind());
    expect(recording.received.has('path_challenge'), 'the peer did not validate the new path');
    return undefined;
  }),
  serverCase('ecn', [], async (server) => {
    let remark = '';
    await around(server, { direct: true }, (session) => {
      remark = ecnRemark(session);
    });
    return remark;
  }),
  serverCase('new-token', ['--validate-addr'], async (server) => {
    const tokens: Uint8Array[] = [];
    await server.get('/1000', { onnewtoken: (token) => void tokens.push(token) });
    expect(tokens.length > 0, 'no token came', server.process.log);
    const octets = await server.get('/1000', { token: tokens[0] });
    expect(octets === 1000, `${octets} octets`);
    return undefined;
  }),
  serverCase('chacha20', [], async (server) => {
    const session = await server.open({ ciphers: 'TLS_CHACHA20_POLY1305_SHA256' });
    const { cipher } = await session.opened;
    await session.close();
    return cipher;
  }),
  serverCase('aes256-sha384', [], async (server) => {
    const session = await server.open({ ciphers: 'TLS_AES_256_GCM_SHA384' });
    const { cipher } = await session.opened;
    await session.close();
    return cipher;
  }),
  serverCase('loss-2-percent', ['-t', '0.02', '-r', '0.02'], getLarge),
];
