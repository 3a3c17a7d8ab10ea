import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type ConnectOptions,
  connect,
  type ListenOptions,
  listen,
  type QuicSession,
} from '@mpquic/endpoint';
import { createCertificate } from '../certificate-files.ts';
import { H3Session } from '../h3-session.ts';
import { type CaseContext, expect } from '../matrix.ts';
import { PeerProcess } from '../peer-process.ts';
import { RebindingNat } from '../quic/rebinding-nat.ts';

/** Debian's packages ngtcp2-server and ngtcp2-client. */
export const GTLS_SERVER = '/usr/sbin/gtlsserver';
export const GTLS_CLIENT = '/usr/bin/gtlsclient';
const HOST = '127.0.0.1';

/** A server of the peer, to which sessions can be opened. */
export interface PeerServer {
  readonly authority: string;
  readonly process: PeerProcess;
  /** A NAT on the way of all our clients but those that are told otherwise. */
  readonly nat: RebindingNat;
  /** Our client's session, not yet open. */
  open(options?: GtlsConnectOptions): Promise<QuicSession>;
  /** Opens a session, gets `path` and closes; resolves with the octets of the answer. */
  get(path: string, options?: Partial<ConnectOptions>): Promise<number>;
}

export interface GtlsConnectOptions extends Partial<ConnectOptions> {
  /** Not through the NAT, which carries no ECN marks. */
  readonly direct?: boolean;
}

/** Starts the peer's server on a folder with the file `1000` and the file `large` (2 MB). */
export async function startPeerServer(
  context: CaseContext,
  args: readonly string[] = [],
): Promise<PeerServer> {
  const { folder, signal } = context;
  const { certFile, keyFile, ca } = await createCertificate(folder);
  const root = join(folder, 'www');
  await mkdir(root, { recursive: true });
  await writeFile(join(root, '1000'), Buffer.alloc(1000, 'a'));
  await writeFile(join(root, 'large'), Buffer.alloc(2_000_000, 'b'));
  const port = context.nextPort();
  const all = ['--quiet', '-d', root, ...args, HOST, String(port), keyFile, certFile];
  const process = new PeerProcess(GTLS_SERVER, all, signal);
  const authority = `localhost:${port}`;
  const nat = new RebindingNat(port);
  const natPort = await nat.open();
  signal.addEventListener('abort', () => nat.close());
  const open = async (given: GtlsConnectOptions = {}): Promise<QuicSession> => {
    const { direct = false, ...options } = given;
    const session = await connect(`${HOST}:${direct ? port : natPort}`, {
      alpn: 'h3',
      ca,
      servername: 'localhost',
      local: HOST,
      signal,
      // Its socket may not be there yet.
      handshakeTimeout: 8000,
      endpoint: context.recording.endpoint,
      ...context.recording.session,
      ...options,
    });
    session.closed.catch(() => undefined);
    return session;
  };
  const get = async (path: string, options: Partial<ConnectOptions> = {}): Promise<number> => {
    const session = await open(options);
    const h3 = H3Session.client(session);
    await session.opened;
    const octets = await h3.get(authority, path);
    await session.close();
    return octets;
  };
  await until(() => isBound(port), 'the peer listens');
  return { authority, process, nat, open, get };
}

/** Whether a UDP socket of this machine has the port. */
async function isBound(port: number): Promise<boolean> {
  const table = await readFile('/proc/net/udp', 'utf8');
  return table.includes(`:${port.toString(16).toUpperCase().padStart(4, '0')} `);
}

async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(false, `never: ${what}`);
}

/** Our HTTP/3 server, which the peer's client is run against. */
export interface OurServer {
  /** Runs it until it ends, and checks that it stored `octets` octets of `GET /octets`. */
  readonly download: (octets: number, args?: readonly string[]) => Promise<PeerProcess>;
  readonly sessions: readonly QuicSession[];
  /** Path events of all sessions, as `type`. */
  readonly pathEvents: readonly string[];
}

export interface OurServerOptions extends Partial<ListenOptions> {
  /** Asks each client for its address. */
  readonly retry?: boolean;
  readonly onSession?: (session: QuicSession) => void;
}

export async function withOurServer(
  context: CaseContext,
  { retry, onSession, ...more }: OurServerOptions,
  use: (server: OurServer) => Promise<string | undefined>,
): Promise<string | undefined> {
  const { folder, signal } = context;
  const { cert, key } = await createCertificate(folder);
  const port = context.nextPort();
  const sessions: QuicSession[] = [];
  const pathEvents: string[] = [];
  const endpoint = await listen(
    (session) => {
      sessions.push(session);
      session.onpath = ({ type }) => void pathEvents.push(type);
      session.opened.catch(() => undefined);
      session.closed.catch(() => undefined);
      H3Session.server(session);
      onSession?.(session);
    },
    {
      alpn: 'h3',
      certs: cert,
      keys: key,
      endpoint: {
        address: `${HOST}:${port}`,
        validateAddress: retry ?? false,
        ...context.recording.endpoint,
      },
      ...context.recording.session,
      ...more,
    },
  );
  const download = async (octets: number, args: readonly string[] = []): Promise<PeerProcess> => {
    const target = join(folder, 'downloads');
    await mkdir(target, { recursive: true });
    const url = `https://localhost:${port}/${octets}`;
    const flags = ['--no-quic-dump', '--no-http-dump', '--exit-on-all-streams-close'];
    const all = [...flags, `--download=${target}`, ...args, HOST, String(port), url];
    const client = new PeerProcess(GTLS_CLIENT, all, signal);
    await client.exit();
    const content = await readFile(join(target, String(octets))).catch(() => Buffer.alloc(0));
    expect(content.length === octets, `${content.length} of ${octets} octets`, client.log);
    expect(
      content.every((octet) => octet === 0x61),
      'other octets came',
      client.log,
    );
    return client;
  };
  try {
    return await use({ download, sessions, pathEvents });
  } finally {
    endpoint.destroy();
    await endpoint.closed;
  }
}
