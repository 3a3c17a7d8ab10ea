import type { ExternalPsk } from '@mpquic/tls';
import { InMemoryPskStore } from '@mpquic/tls';
import { fromHex, utf8 } from '@mpquic/wire';
import { connect, listen } from '../src/connect.ts';
import { Deferred } from '../src/deferred.ts';
import { QuicEndpoint } from '../src/endpoint.ts';
import type { ConnectOptions, ListenOptions } from '../src/options.ts';
import type { QuicSession } from '../src/session.ts';
import type { QuicStream } from '../src/stream.ts';

export const psk: ExternalPsk = {
  identity: utf8('ue-1@upf.example'),
  key: fromHex('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'),
  hash: 'sha256',
  mode: 'raw',
};

/** A client and a server session over two endpoints on loopback. */
export interface SessionPair {
  readonly client: QuicSession;
  readonly server: QuicSession;
  readonly clientEndpoint: QuicEndpoint;
  readonly serverEndpoint: QuicEndpoint;
  readonly close: () => Promise<void>;
}

export interface PairOptions {
  readonly client?: Partial<ConnectOptions>;
  readonly server?: Partial<ListenOptions>;
  readonly serverAddresses?: readonly string[];
  readonly onsession?: (session: QuicSession) => void;
}

/** Waits for the handshake of both. */
export async function connectPair(options: PairOptions = {}): Promise<SessionPair> {
  const accepted = new Deferred<QuicSession>();
  const serverEndpoint = await listen(
    (session) => {
      options.onsession?.(session);
      accepted.resolve(session);
    },
    {
      alpn: 'test',
      psk: new InMemoryPskStore([psk]),
      endpoint: { addresses: options.serverAddresses ?? ['127.0.0.1:0'] },
      ...options.server,
    },
  );
  const clientEndpoint = new QuicEndpoint();
  const client = await connect(serverAddress(serverEndpoint), {
    alpn: 'test',
    psk,
    endpoint: clientEndpoint,
    local: '127.0.0.1',
    ...options.client,
  });
  const close = async (): Promise<void> => {
    clientEndpoint.destroy();
    serverEndpoint.destroy();
    await Promise.all([clientEndpoint.closed, serverEndpoint.closed]);
  };
  try {
    const server = await Promise.race([
      accepted.promise,
      client.opened.then(() => accepted.promise),
    ]);
    await Promise.all([client.opened, server.opened]);
    return { client, server, clientEndpoint, serverEndpoint, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Where clients connect to. */
export function serverAddress(endpoint: QuicEndpoint, index = 0): string {
  const address = endpoint.addresses[index];
  if (address === undefined) throw new Error('the endpoint does not listen');
  return `${address.host}:${address.port}`;
}

/** The whole content of a stream. */
export async function readAll(stream: QuicStream): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const batch of stream) chunks.push(...batch);
  return Buffer.concat(chunks);
}

/** Sends back what each stream of the peer brings. */
export function echo(session: QuicSession): void {
  session.onstream = async (stream) => {
    for await (const chunks of stream) await stream.writer.writev(chunks);
    await stream.writer.end();
  };
}
