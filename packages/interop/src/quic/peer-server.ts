import { type ConnectOptions, connect, QuicEndpoint, type QuicSession } from '@mpquic/endpoint';
import { createCertificate } from '../certificate-files.ts';
import { H3Session } from '../h3-session.ts';
import { type CaseContext, expect } from '../matrix.ts';
import { PeerProcess } from '../peer-process.ts';
import { requestPattern } from '../peers/qpsk-protocol.ts';
import type { PeerAlpn, QuicPeer } from './quic-peer.ts';
import { RebindingNat } from './rebinding-nat.ts';

const HOST = '127.0.0.1';

/** A server of the peer, and our clients. */
export interface PeerServer {
  readonly process: PeerProcess;
  /** A NAT on the way of all our clients. */
  readonly nat: RebindingNat;
  /** Our client's session, open. */
  readonly open: (options?: PeerConnectOptions) => Promise<QuicSession>;
  /** The same while it is being opened: what is sent now may be 0-RTT data. */
  readonly start: (options?: PeerConnectOptions) => Promise<QuicSession>;
  /** Gets so many octets over a session by the application protocol of the server. */
  readonly get: (session: QuicSession, octets: number) => Promise<void>;
  readonly authority: string;
  /** HTTP/3 over a session. */
  readonly h3: (session: QuicSession) => H3Session;
}

export interface PeerConnectOptions extends Partial<ConnectOptions> {
  /** Not through the NAT, which carries no ECN marks. */
  readonly direct?: boolean;
  /** Takes the session, instead of what its application protocol is here. */
  readonly attach?: (session: QuicSession) => void;
}

export async function withPeerServer(
  context: CaseContext,
  peer: Pick<QuicPeer, 'command' | 'environment' | 'limits'>,
  alpn: PeerAlpn,
  args: readonly string[],
  use: (server: PeerServer) => Promise<string | undefined>,
): Promise<string | undefined> {
  const { folder, recording, signal } = context;
  const { certFile, keyFile, ca } = await createCertificate(folder);
  const port = context.nextPort();
  const [program, ...first] = peer.command;
  const files = ['--cert', certFile, '--key', keyFile, '--alpn', alpn];
  const all = [...first, 'server', '--port', String(port), ...files, ...args];
  const process = new PeerProcess(program, all, signal, peer.environment);
  const endpoint = new QuicEndpoint(recording.endpoint);
  const nat = new RebindingNat(port);
  const exchanges = new WeakMap<QuicSession, H3Session>();
  const start = async (given: PeerConnectOptions = {}): Promise<QuicSession> => {
    const { direct = false, attach, ...options } = given;
    const session = await connect(`${HOST}:${direct ? port : natPort}`, {
      endpoint,
      alpn,
      ca,
      servername: 'localhost',
      local: HOST,
      signal,
      ...recording.session,
      ...options,
      transportParams: { ...options.transportParams, ...peer.limits },
    });
    session.closed.catch(() => undefined);
    session.opened.catch(() => undefined);
    if (attach !== undefined) attach(session);
    else if (alpn === 'h3') exchanges.set(session, H3Session.client(session));
    return session;
  };
  const open = async (options?: PeerConnectOptions): Promise<QuicSession> => {
    const session = await start(options);
    await session.opened;
    return session;
  };
  const authority = `localhost:${port}`;
  const h3 = (session: QuicSession): H3Session => {
    const exchange = exchanges.get(session);
    expect(exchange !== undefined, `${alpn} is not HTTP/3`);
    return exchange;
  };
  const get = async (session: QuicSession, octets: number): Promise<void> => {
    if (alpn !== 'h3') return requestPattern(session, octets);
    const came = await h3(session).get(authority, `/${octets}`);
    expect(came === octets, `${came} of ${octets} octets`);
  };
  const natPort = await nat.open();
  try {
    await process.event('listening');
    return await use({ process, nat, open, start, get, authority, h3 });
  } finally {
    endpoint.destroy();
    await endpoint.closed;
    nat.close();
    process.kill();
  }
}
