import { expect, type InteropCase } from '../matrix.ts';
import { type PeerServer, startPeerServer } from './gtls-setup.ts';
import { rate } from './qpsk-setup.ts';

const LARGE = 2_000_000;

function serverCase(
  name: string,
  args: readonly string[],
  use: (server: PeerServer) => Promise<string | undefined>,
): InteropCase {
  return {
    name,
    role: 'client',
    async run(context) {
      const server = await startPeerServer(context, args);
      try {
        return await use(server);
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
    const tickets: Uint8Array[] = [];
    await server.get('/1000', { onsessionticket: (ticket) => void tickets.push(ticket) });
    expect(tickets.length > 0, 'no ticket came', server.process.log);
    const session = await server.open({ sessionTicket: tickets[0] });
    const { resumed } = await session.opened;
    await session.close();
    expect(resumed, 'the session was not resumed', server.process.log);
    return undefined;
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
