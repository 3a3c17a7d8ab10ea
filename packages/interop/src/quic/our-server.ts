import { type ListenOptions, listen, type QuicSession } from '@mpquic/endpoint';
import { type CertificateFiles, createCertificate } from '../certificate-files.ts';
import { H3Session } from '../h3-session.ts';
import { type CaseContext, expect } from '../matrix.ts';
import { PeerProcess } from '../peer-process.ts';
import { serveQpskStream } from '../peers/qpsk-protocol.ts';
import type { PeerAlpn, QuicPeer } from './quic-peer.ts';
import { RebindingNat } from './rebinding-nat.ts';

const HOST = '127.0.0.1';

/** Our server, and the peer's clients. */
export interface OurServer {
  readonly sessions: readonly QuicSession[];
  /** Types of the path events of all sessions. */
  readonly pathEvents: readonly string[];
  /** Kinds of packets and types of frames that came. */
  readonly received: ReadonlySet<string>;
  readonly certificate: CertificateFiles;
  /** Where clients connect to: a NAT on their way, unless the way is to be direct. */
  readonly port: number;
  readonly nat: RebindingNat;
}

export interface OurServerOptions extends Partial<ListenOptions> {
  readonly retry?: boolean;
  /** Without the NAT, which carries no ECN marks. */
  readonly direct?: boolean;
  /** Streams of other protocols than HTTP/3 are answered when it has settled. */
  readonly onSession?: (session: QuicSession) => Promise<void> | void;
  /** Serves a session, instead of what its application protocol is here. */
  readonly serve?: (session: QuicSession) => void;
}

/** Serves all application protocols of {@link PeerAlpn}. */
export async function withOurServer<T>(
  context: CaseContext,
  alpn: PeerAlpn,
  options: OurServerOptions,
  use: (server: OurServer) => Promise<T>,
): Promise<T> {
  const { retry = false, direct = false, onSession, serve, ...more } = options;
  const { recording } = context;
  const certificate = await createCertificate(context.folder);
  const port = context.nextPort();
  const sessions: QuicSession[] = [];
  const pathEvents: string[] = [];
  const endpoint = await listen(
    (session) => {
      sessions.push(session);
      session.onpath = ({ type }) => void pathEvents.push(type);
      session.opened.catch(() => undefined);
      session.closed.catch(() => undefined);
      const ready = onSession?.(session);
      if (serve !== undefined) serve(session);
      else if (alpn === 'h3') H3Session.server(session);
      else {
        session.onstream = async (stream) => {
          await ready;
          await serveQpskStream(alpn, stream).catch(() => undefined);
        };
        session.ondatagram = (data) => void session.sendDatagram(data).catch(() => undefined);
      }
    },
    {
      alpn,
      certs: certificate.cert,
      keys: certificate.key,
      transportParams: { maxDatagramFrameSize: 65_535 },
      endpoint: { address: `${HOST}:${port}`, validateAddress: retry, ...recording.endpoint },
      ...recording.session,
      ...more,
    },
  );
  const nat = new RebindingNat(port);
  try {
    const natPort = await nat.open();
    const { received } = recording;
    const clientsPort = direct ? port : natPort;
    return await use({ sessions, pathEvents, received, certificate, port: clientsPort, nat });
  } finally {
    nat.close();
    endpoint.destroy();
    await endpoint.closed;
  }
}

/** Starts the peer's client. */
export function startPeerClient(
  { signal }: CaseContext,
  peer: Pick<QuicPeer, 'command' | 'environment'>,
  alpn: PeerAlpn,
  { certificate, port }: Pick<OurServer, 'certificate' | 'port'>,
  args: readonly string[],
): PeerProcess {
  const [program, ...first] = peer.command;
  const where = ['--port', String(port), '--alpn', alpn];
  const trust = ['--ca', certificate.caFile, '--cert', certificate.certFile];
  return new PeerProcess(
    program,
    [...first, 'client', ...where, ...trust, ...args],
    signal,
    peer.environment,
  );
}

/** Waits for its end. @throws {CaseFailure} unless it got all that it asked for */
export async function contentPeer(client: PeerProcess): Promise<Readonly<Record<string, unknown>>> {
  await client.exit();
  const done = client.events.find(({ event }) => event === 'done');
  expect(done?.['ok'] === true, 'the peer was not content', client.log);
  return done;
}
