import { fileURLToPath } from 'node:url';
import { connect, listen, type QuicSession } from '@mpquic/endpoint';
import { type ExternalPsk, InMemoryPskStore } from '@mpquic/tls';
import { toHex } from '@mpquic/wire';
import { type CaseContext, expect } from '../matrix.ts';
import { PeerProcess } from '../peer-process.ts';
import { type QpskAlpn, serveQpskStream } from './qpsk-protocol.ts';

const FOLDER = fileURLToPath(new URL('../../../peers/qpsk/build/', import.meta.url));
export const QPSK_SERVER: string = `${FOLDER}qpsk_server`;
export const QPSK_CLIENT: string = `${FOLDER}qpsk_client`;

/** A binary identity with zero octets, as a KID may be. */
export const IDENTITY: Uint8Array = Uint8Array.of(0, 255, 10, 0, 0, 1, 2, 3, 4, 37, 192, 168);
export const OTHER_IDENTITY: Uint8Array = Uint8Array.of(1, 2, 3);
const KEY: Uint8Array = Uint8Array.from({ length: 32 }, (_, i) => i);
export const WRONG_KEY: Uint8Array = KEY.map((octet) => octet ^ 0xff);
const HOST = '127.0.0.1';

/** GnuTLS priority suffixes that leave one group. */
export const GROUPS = {
  x25519: ':-GROUP-ALL:+GROUP-X25519',
  secp256r1: ':-GROUP-ALL:+GROUP-SECP256R1',
  secp384r1: ':-GROUP-ALL:+GROUP-SECP384R1',
} as const;
export type Group = keyof typeof GROUPS;
export const GROUP_NAMES: readonly Group[] = Object.keys(GROUPS) as Group[];

export function psk(identity: Uint8Array = IDENTITY, key: Uint8Array = KEY): ExternalPsk {
  return { identity, key: key.slice(), hash: 'sha256', mode: 'raw' };
}

export function pskArguments(identity: Uint8Array = IDENTITY, key: Uint8Array = KEY): string[] {
  return ['--identity-hex', toHex(identity), '--psk-hex', toHex(key)];
}

interface PeerServer {
  readonly server: PeerProcess;
  readonly address: string;
}

export async function startPeerServer(
  context: CaseContext,
  args: readonly string[],
): Promise<PeerServer> {
  const port = context.nextPort();
  const all = ['--port', String(port), ...pskArguments(), ...args];
  const server = new PeerProcess(QPSK_SERVER, all, context.signal);
  await server.event('listening');
  return { server, address: `${HOST}:${port}` };
}

export interface OurClientOptions {
  readonly alpn?: QpskAlpn;
  readonly psk?: ExternalPsk;
  readonly groups?: readonly Group[];
}

export async function openOurClient(
  context: CaseContext,
  address: string,
  options: OurClientOptions = {},
): Promise<QuicSession> {
  const session = await connect(address, {
    alpn: options.alpn ?? 'perf',
    psk: options.psk ?? psk(),
    groups: (options.groups ?? GROUP_NAMES).join(':'),
    signal: context.signal,
    endpoint: context.recording.endpoint,
    ...context.recording.session,
  });
  session.closed.catch(() => undefined);
  return session;
}

/** Runs `use` with our client connected to the peer's server. */
export async function withOurClient(
  context: CaseContext,
  serverArguments: readonly string[],
  options: OurClientOptions,
  use: (session: QuicSession, server: PeerProcess) => Promise<string | undefined>,
): Promise<string | undefined> {
  const { server, address } = await startPeerServer(context, serverArguments);
  const session = await openOurClient(context, address, options);
  try {
    await session.opened;
    return await use(session, server);
  } finally {
    await session.close().catch(() => undefined);
    server.kill();
  }
}

export interface OurServerOptions {
  readonly alpn?: QpskAlpn;
  readonly groups?: readonly Group[];
  readonly retry?: boolean;
  readonly onSession?: (session: QuicSession) => void;
}

/** Runs the peer's client against our server until it ends. */
export async function runPeerClient(
  context: CaseContext,
  args: readonly string[],
  options: OurServerOptions = {},
): Promise<PeerProcess> {
  const port = context.nextPort();
  const alpn = options.alpn ?? 'perf';
  const endpoint = await listen(
    (session) => {
      session.onstream = (stream) => void serveQpskStream(alpn, stream).catch(() => undefined);
      session.ondatagram = (datagram) => void session.sendDatagram(datagram).catch(() => undefined);
      session.opened.catch(() => undefined);
      session.closed.catch(() => undefined);
      options.onSession?.(session);
    },
    {
      endpoint: {
        address: `${HOST}:${port}`,
        validateAddress: options.retry ?? false,
        ...context.recording.endpoint,
      },
      ...context.recording.session,
      alpn,
      psk: new InMemoryPskStore([psk()]),
      requirePsk: true,
      groups: (options.groups ?? GROUP_NAMES).join(':'),
    },
  );
  try {
    const all = ['--port', String(port), '--alpn', alpn, ...args];
    const client = new PeerProcess(QPSK_CLIENT, all, context.signal);
    await client.exit();
    return client;
  } finally {
    endpoint.destroy();
  }
}

/** @throws {CaseFailure} unless the peer's client got all that it asked for */
export function expectDone(client: PeerProcess): void {
  const done = client.events.find(({ event }) => event === 'done');
  expect(done?.['ok'] === true, 'the peer was not content', client.log);
}

/** `Mbit/s` of so many octets since `started` (performance.now). */
export function rate(octets: number, started: number): string {
  return `${Math.round((octets * 8) / (performance.now() - started) / 1000)} Mbit/s`;
}
