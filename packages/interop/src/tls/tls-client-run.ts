import { createX509Verifier, nodeCryptoProvider } from '@mpquic/crypto';
import { type ClientHandshakeParameters, createClientHandshake } from '@mpquic/tls';
import { type CaseContext, expect, type InteropCase } from '../matrix.ts';
import { connectTcp, TcpTls } from './tcp-tls.ts';
import type { TlsCase } from './tls-case.ts';
import { checkHandshake, checkRefusal, peerSettings } from './tls-expectations.ts';
import type { TlsPeer, TlsSettings } from './tls-peer.ts';

/** A case with our client against the peer's server. */
export function clientCase(peer: TlsPeer, one: TlsCase): InteropCase {
  return {
    name: one.name,
    role: 'client',
    async run(context) {
      const settings = await peerSettings(context, peer, one, 'server');
      return withPeerServer(context, peer, settings, async (port) => {
        const ours = await connect(context, port, one, settings);
        if (one.refused === true) return checkRefusal(ours);
        await ours.opened();
        await talk(ours, peer);
        return checkHandshake(context, one, ours, settings);
      });
    },
  };
}

/** Two connections, the second by the ticket of the first (`psk_dhe_ke`). */
export function resumeAsClient(peer: TlsPeer): InteropCase {
  const one: TlsCase = { name: 'resumption' };
  return {
    name: one.name,
    role: 'client',
    async run(context) {
      const settings = await peerSettings(context, peer, one, 'server');
      return withPeerServer(context, peer, settings, async (port) => {
        const first = await connect(context, port, one, settings);
        await first.opened();
        await talk(first, peer);
        await first.ticketed();
        const [ticket] = first.stream.tickets;
        first.close();
        if (ticket === undefined) return undefined;
        const second = await connect(context, port, one, settings, { session: { ticket, age: 5 } });
        const { resumed } = await second.opened();
        expect(resumed, 'the session was not resumed');
        await talk(second, peer);
        return checkHandshake(context, one, second, settings);
      });
    },
  };
}

async function withPeerServer<T>(
  context: CaseContext,
  peer: TlsPeer,
  settings: TlsSettings,
  use: (port: number) => Promise<T>,
): Promise<T> {
  const port = context.nextPort();
  const server = await peer.startServer(context, settings, port);
  try {
    return await use(port);
  } finally {
    server.kill();
  }
}

async function connect(
  context: CaseContext,
  port: number,
  one: TlsCase,
  { suite, groups, certificate }: TlsSettings,
  more: Partial<ClientHandshakeParameters> = {},
): Promise<TcpTls> {
  const handshake = createClientHandshake({
    crypto: nodeCryptoProvider,
    transport: 'stream',
    alpn: [],
    transportParameters: new Uint8Array(),
    keyLog: true,
    cipherSuites: [suite],
    groups: one.ourGroups ?? groups,
    psks: one.psk === undefined ? [] : [one.psk],
    ...(certificate === undefined
      ? {}
      : { trust: createX509Verifier({ rootsPem: certificate.ca, currentTime: Date.now }) }),
    serverName: 'localhost',
    ...more,
  });
  const ours = new TcpTls(await connectTcp(port, context.signal), handshake, context.recording.tcp);
  context.signal.addEventListener('abort', () => ours.close());
  return ours;
}

async function talk(ours: TcpTls, peer: TlsPeer): Promise<void> {
  ours.stream.send('hello\n');
  await ours.received(peer.echo);
}
