import { loadServerCertificate, nodeCryptoProvider } from '@mpquic/crypto';
import { createServerHandshake, SealingKeys, type TicketPolicy } from '@mpquic/tls';
import { type CaseContext, expect, type InteropCase } from '../matrix.ts';
import type { PeerProcess } from '../peer-process.ts';
import { TcpListener, TcpTls } from './tcp-tls.ts';
import type { TlsCase } from './tls-case.ts';
import { checkHandshake, checkRefusal, peerSettings } from './tls-expectations.ts';
import type { TlsPeer, TlsSettings } from './tls-peer.ts';

/** A case with the peer's client against our server. */
export function serverCase(peer: TlsPeer, one: TlsCase): InteropCase {
  return {
    name: one.name,
    role: 'server',
    async run(context) {
      const settings = await peerSettings(context, peer, one, 'client');
      return withOurServer(context, peer, one, settings, async (connection) => {
        const { ours, client } = await connection();
        if (one.refused === true) return checkRefusal(ours);
        await talk(ours, client);
        return checkHandshake(context, one, ours, settings);
      });
    },
  };
}

/** Two connections, the second by our ticket (`psk_dhe_ke`). */
export function resumeAsServer(peer: TlsPeer): InteropCase {
  const one: TlsCase = { name: 'resumption' };
  return {
    name: one.name,
    role: 'server',
    async run(context) {
      const settings = {
        ...(await peerSettings(context, peer, one, 'client')),
        sessionFile: `${context.folder}/session`,
      };
      return withOurServer(context, peer, one, settings, async (connection) => {
        const first = await connection();
        await first.ours.opened();
        if (!peer.reconnects) {
          await talk(first.ours, first.client);
          first.ours.close();
          await first.client.exit();
        }
        const second = await connection(peer.reconnects ? first.client : undefined);
        const { resumed } = await second.ours.opened();
        expect(resumed, 'the session was not resumed', second.client.log);
        await talk(second.ours, second.client);
        return checkHandshake(context, one, second.ours, settings);
      });
    },
  };
}

interface Connection {
  readonly ours: TcpTls;
  readonly client: PeerProcess;
}

async function withOurServer<T>(
  context: CaseContext,
  peer: TlsPeer,
  one: TlsCase,
  settings: TlsSettings,
  use: (connection: (of?: PeerProcess) => Promise<Connection>) => Promise<T>,
): Promise<T> {
  const listener = new TcpListener();
  const port = await listener.listen();
  const keys = new SealingKeys({ crypto: nodeCryptoProvider, currentTime: Date.now });
  const connection = async (of?: PeerProcess): Promise<Connection> => {
    const client = of ?? (await peer.startClient(context, settings, port));
    const ours = new TcpTls(
      await listener.accept(),
      serverHandshake(one, settings, { keys }),
      context.recording.tcp,
      one.psk === undefined ? [] : [one.psk],
    );
    context.signal.addEventListener('abort', () => ours.close());
    return { ours, client };
  };
  try {
    return await use(connection);
  } finally {
    listener.close();
  }
}

function serverHandshake(
  one: TlsCase,
  { suite, groups, certificate }: TlsSettings,
  tickets: TicketPolicy,
): ReturnType<typeof createServerHandshake> {
  return createServerHandshake({
    crypto: nodeCryptoProvider,
    transport: 'stream',
    alpn: [],
    transportParameters: new Uint8Array(),
    keyLog: true,
    cipherSuites: [suite],
    groups: one.ourGroups ?? groups,
    ...(certificate === undefined
      ? { requirePsk: true }
      : { certificate: loadServerCertificate(certificate.cert, certificate.key), tickets }),
  });
}

async function talk(ours: TcpTls, client: PeerProcess): Promise<void> {
  await ours.opened();
  client.write('from the peer\n');
  await ours.received('from the peer');
  ours.stream.send('from us\n');
  await client.line('from us');
}
