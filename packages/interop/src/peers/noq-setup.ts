import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { connect, listen, QuicEndpoint, type QuicSession } from '@mpquic/endpoint';
import { createCertificate } from '../certificate-files.ts';
import { type CaseContext, expect } from '../matrix.ts';
import { PeerProcess } from '../peer-process.ts';
import { RebindingNat } from '../quic/rebinding-nat.ts';
import { serveQpskStream } from './qpsk-protocol.ts';

export const NOQ_PROGRAM: string = fileURLToPath(
  new URL('../../../peers/noq/target/release/noq-peer', import.meta.url),
);
const HOST = '127.0.0.1';

/** Where second paths come from. */
export const SECOND_HOST = '127.0.0.2';

export function noqIsBuilt(): boolean {
  return existsSync(NOQ_PROGRAM);
}

/** Octets of UDP payload that the peer saw on one path. */
export interface PathFigures {
  readonly id: number;
  readonly sent: number;
  readonly received: number;
}

/** The figures of paths in a `done` or `closed` event. */
export function pathFigures(event: Readonly<Record<string, unknown>>): readonly PathFigures[] {
  return event['paths'] as readonly PathFigures[];
}

/** Runs `use` with our client, over two paths, connected to the peer's server. */
export async function withOurClient(
  context: CaseContext,
  serverArguments: readonly string[],
  use: (session: QuicSession, server: PeerProcess) => Promise<string | undefined>,
): Promise<string | undefined> {
  const certificate = await createCertificate(context.folder);
  const address = `${HOST}:${context.nextPort()}`;
  const files = ['--cert', certificate.certFile, '--key', certificate.keyFile];
  const server = new PeerProcess(
    NOQ_PROGRAM,
    ['server', '--listen', address, ...files, ...serverArguments],
    context.signal,
  );
  await server.event('listening');
  const endpoint = new QuicEndpoint(context.recording.endpoint);
  try {
    const session = await connect(address, {
      endpoint,
      alpn: 'perf',
      ca: certificate.ca,
      servername: 'localhost',
      local: HOST,
      signal: context.signal,
      ...context.recording.session,
    });
    session.closed.catch(() => undefined);
    await session.opened;
    return await use(session, server);
  } finally {
    endpoint.destroy();
    await endpoint.closed;
    server.kill();
  }
}

/** Runs the peer's client, over two paths and a NAT, against our server until it ends. */
export async function runPeerClient(
  context: CaseContext,
  args: readonly string[],
  onSession: (session: QuicSession, nat: RebindingNat) => void = () => undefined,
): Promise<PeerProcess> {
  const certificate = await createCertificate(context.folder);
  const port = context.nextPort();
  const nat = new RebindingNat(port);
  const address = `${HOST}:${await nat.open()}`;
  const endpoint = await listen(
    (session) => {
      session.onstream = (stream) => void serveQpskStream('perf', stream).catch(() => undefined);
      session.opened.catch(() => undefined);
      session.closed.catch(() => undefined);
      onSession(session, nat);
    },
    {
      endpoint: { address: `${HOST}:${port}`, ...context.recording.endpoint },
      alpn: 'perf',
      certs: certificate.cert,
      keys: certificate.key,
      ...context.recording.session,
    },
  );
  try {
    const client = new PeerProcess(
      NOQ_PROGRAM,
      [
        'client',
        '--connect',
        address,
        '--ca',
        certificate.caFile,
        '--second',
        SECOND_HOST,
        ...args,
      ],
      context.signal,
    );
    await client.exit();
    const done = client.events.find(({ event }) => event === 'done');
    expect(done?.['ok'] === true, 'the peer was not content', client.log);
    return client;
  } finally {
    nat.close();
    endpoint.destroy();
    await endpoint.closed;
  }
}
