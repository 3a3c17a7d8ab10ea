import {
  WebTransportHost,
  type WebTransportSession,
  type WebTransportStream,
} from '@mpquic/webtransport';
import { fromUtf8, utf8 } from '@mpquic/wire';
import { Changes } from '../changes.ts';
import { type CaseContext, expect, type InteropCase } from '../matrix.ts';
import type { PeerProcess } from '../peer-process.ts';
import { withPeerServer } from './peer-server.ts';
import { CODES, GREETING, type WebTransportPeer } from './webtransport-peer.ts';

const MEGABYTE = 1_000_000;
const DATAGRAMS = 20;

/** One case of our client. */
interface WebTransportCase {
  readonly name: string;
  readonly path: string;
  readonly use: (
    session: WebTransportSession,
    incoming: Incoming,
    peer: PeerProcess,
  ) => Promise<void>;
}

/** What the peer sends of its own accord. */
interface Incoming {
  readonly streams: WebTransportStream[];
  readonly datagrams: Uint8Array[];
  readonly changes: Changes;
}

const CASES: readonly WebTransportCase[] = [
  {
    name: 'streams',
    path: '/streams',
    use: async (session, { streams, changes }, peer) => {
      const body = new Uint8Array(MEGABYTE).map((_, i) => i % 251);
      const stream = await opened(session, 'bidi', body);
      expect((await readAll(stream)).equals(body), 'the echo is not what was sent');
      await opened(session, 'uni', body.subarray(0, 5000));
      const of = (direction: 'bidi' | 'uni') => streams.find((one) => one.direction === direction);
      await changes.until(() => of('uni') !== undefined && of('bidi') !== undefined);
      const answer = await readAll(of('uni') as WebTransportStream);
      expect(answer.equals(body.subarray(0, 5000)), 'the answer is not what was sent');
      const greeting = of('bidi') as WebTransportStream;
      const text = await readAll(greeting);
      expect(fromUtf8(text) === GREETING, `the server says ${fromUtf8(text)}`);
      greeting.write(text);
      greeting.end();
      const greeted = await peer.event('greeted');
      expect(greeted['ok'] === true, 'the server heard something else', peer.log);
    },
  },
  {
    name: 'datagrams',
    path: '/datagrams',
    use: async (session, { datagrams, changes }) => {
      for (let i = 0; i < DATAGRAMS; i++) session.sendDatagram(new Uint8Array(500).fill(i));
      await changes.until(() => datagrams.length === DATAGRAMS);
      expect(
        datagrams.every(({ length }) => length === 500),
        'a datagram of another size',
      );
    },
  },
  {
    name: 'close',
    path: '/close',
    use: async (session, _, peer) => {
      const stream = await opened(session, 'bidi');
      stream.write(utf8('x'));
      await new Promise<void>((resolve) => {
        stream.ondata = () => resolve();
        stream.resume();
      });
      stream.reset(CODES.reset);
      stream.stopSending(CODES.stop);
      await peer.event('reset', ({ code }) => code === CODES.reset);
      await peer.event('stopped', ({ code }) => code === CODES.stop);
      session.close(CODES.close);
      const { code, reason } = CODES.close;
      await peer.event(
        'session_closed',
        (event) => event['code'] === code && event['reason'] === reason,
      );
    },
  },
  {
    name: 'bye',
    path: '/bye',
    use: async (session, { changes }) => {
      await changes.until(() => session.end !== undefined);
      const { by, code, reason } = session.end ?? {};
      expect(
        by === 'peer' && code === CODES.bye.code && reason === CODES.bye.reason,
        `${code} ${reason}`,
      );
    },
  },
];

/** Our client against the peer's server. */
export function webTransportClientCases(peer: WebTransportPeer): InteropCase[] {
  return CASES.map((one) => ({
    name: `webtransport-${one.name}`,
    role: 'client',
    run: (context) => run(context, peer, one),
  }));
}

async function run(
  context: CaseContext,
  peer: WebTransportPeer,
  { path, use }: WebTransportCase,
): Promise<string | undefined> {
  return withPeerServer(context, peer, 'h3', [], async ({ process, start, authority }) => {
    let host: WebTransportHost | undefined;
    const transportParams = { maxDatagramFrameSize: 65_535 };
    const attach = (quic: Parameters<typeof WebTransportHost.client>[0]): void => {
      host = WebTransportHost.client(quic);
    };
    await start({ transportParams, attach });
    const incoming: Incoming = { streams: [], datagrams: [], changes: new Changes() };
    const session = await host?.openSession({ authority, path }, (opening) =>
      hear(opening, incoming),
    );
    expect(session !== undefined, 'no session');
    await use(session, incoming, process);
    session.close();
    return host?.webTransport.draft;
  });
}

function hear(session: WebTransportSession, { streams, datagrams, changes }: Incoming): void {
  session.onstream = (stream) => {
    streams.push(stream);
    changes.announce();
  };
  session.ondatagram = (payload) => {
    datagrams.push(payload);
    changes.announce();
  };
  session.onclosed = () => changes.announce();
}

/** A new stream, with all that is ever sent on it where `body` is given. */
async function opened(
  session: WebTransportSession,
  direction: 'bidi' | 'uni',
  body?: Uint8Array,
): Promise<WebTransportStream> {
  const stream = await new Promise<WebTransportStream>((resolve) => {
    session.whenStreamOpens(direction, resolve);
  });
  if (body === undefined) return stream;
  stream.write(body);
  stream.end();
  return stream;
}

function readAll(stream: WebTransportStream): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  return new Promise((resolve) => {
    stream.ondata = (data, fin) => {
      pieces.push(data);
      if (fin) resolve(Buffer.concat(pieces));
    };
    stream.resume();
  });
}
