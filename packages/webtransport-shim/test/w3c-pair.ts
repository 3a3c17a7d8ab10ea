import assert from 'node:assert/strict';
import { Http3Server, quicheLoaded, WebTransport } from '@fails-components/webtransport';
import type { QuicSession } from '@mpquic/endpoint';
import { type ExternalPsk, InMemoryPskStore } from '@mpquic/tls';
import type { ClientQuicOptions, ServerQuicOptions } from '@mpquic/webtransport/w3c';
import { fromHex, utf8 } from '@mpquic/wire';

export const psk: ExternalPsk = {
  identity: utf8('ue-1@upf.example'),
  key: fromHex('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'),
  hash: 'sha256',
  mode: 'raw',
};

/** Until the peer allows one more. */
export const WAIT = { sendGroup: null, waitUntilAvailable: true };

export interface Pair {
  readonly client: WebTransport;
  /** The session at the server. */
  readonly session: WebTransport;
  readonly quic: QuicSession;
  readonly server: Http3Server;
  readonly close: () => Promise<void>;
}

export interface PairOptions {
  readonly client?: ClientQuicOptions;
  readonly server?: ServerQuicOptions;
  readonly cert?: string;
  readonly privKey?: string;
  readonly protocols?: string[];
  readonly prepare?: (server: Http3Server) => void;
}

/** `quic` holds the options of our transport, of which that package's types know nothing. */
export function open(
  server: Http3Server,
  path: string,
  quic: ClientQuicOptions,
  protocols: string[] = [],
): WebTransport {
  const options = {
    requireUnreliable: true,
    quicConnectTimeout: 20_000,
    webTransportConnectTimeout: 20_000,
    protocols,
    quic,
  };
  const client = new WebTransport(`https://127.0.0.1:${server.address()?.port}${path}`, options);
  client.closed.catch(() => undefined);
  return client;
}

export async function next<T>(readable: ReadableStream<T>): Promise<T> {
  const reader = readable.getReader();
  const { value } = await reader.read();
  reader.releaseLock();
  assert.ok(value);
  return value;
}

/** Client and server of @fails-components/webtransport over our transport: by PSK unless told otherwise. */
export async function connectPair(options: PairOptions = {}): Promise<Pair> {
  await quicheLoaded;
  const addresses = ['127.0.0.1:0', '127.0.0.2:0'];
  const byPsk = { psk: new InMemoryPskStore([psk]), endpoint: { addresses } };
  const server = new Http3Server({
    host: '127.0.0.1',
    port: 0,
    secret: 'not used',
    cert: options.cert ?? '',
    privKey: options.privKey ?? '',
    quic: options.server ?? byPsk,
  });
  options.prepare?.(server);
  const incoming = server.sessionStream('/echo').getReader();
  server.startServer();
  await server.ready;
  let quic: QuicSession | undefined;
  const onsession = (session: QuicSession): void => {
    quic = session;
  };
  const client = open(
    server,
    '/echo',
    { ...(options.client ?? { psk, local: '127.0.0.1' }), onsession },
    options.protocols,
  );
  const { value: session } = await incoming.read();
  await Promise.all([client.ready, session.ready]);
  return {
    client,
    session,
    quic: quic as QuicSession,
    server,
    close: async () => {
      client.close();
      await client.closed.catch(() => undefined);
      server.stopServer();
      await server.closed;
    },
  };
}

export async function readAll(readable: ReadableStream<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of readable) pieces.push(piece);
  return Buffer.concat(pieces);
}

export async function writeAll(
  writable: WritableStream<Uint8Array>,
  data: Uint8Array,
): Promise<void> {
  const writer = writable.getWriter();
  for (let at = 0; at < data.length; at += 50_000)
    await writer.write(data.subarray(at, at + 50_000));
  await writer.close();
}

/** Echoes the next bidirectional stream. */
export async function echoNext(session: WebTransport): Promise<void> {
  const { readable, writable } = await next(session.incomingBidirectionalStreams);
  await readable.pipeTo(writable);
}

export function pattern(length: number): Uint8Array {
  return new Uint8Array(length).map((_, i) => i % 251);
}
