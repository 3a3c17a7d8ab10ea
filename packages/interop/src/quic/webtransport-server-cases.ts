import type { SessionEnd, WebTransportDraft } from '@mpquic/http3';
import {
  WebTransportHost,
  type WebTransportSession,
  type WebTransportStream,
} from '@mpquic/webtransport';
import { fromUtf8, utf8 } from '@mpquic/wire';
import { Changes } from '../changes.ts';
import { type CaseContext, CaseUnsupported, expect, type InteropCase } from '../matrix.ts';
import { contentPeer, startPeerClient, withOurServer } from './our-server.ts';
import { CODES, GREETING, HEARD, type WebTransportPeer } from './webtransport-peer.ts';

/** What our server saw of one client. */
interface Seen {
  draft: WebTransportDraft | undefined;
  greeting: string;
  readonly codes: (number | undefined)[];
  end: SessionEnd | undefined;
  readonly changes: Changes;
}

interface WebTransportCase {
  readonly name: string;
  /** What the program calls it, where that is another name. */
  readonly program?: string;
  readonly args?: readonly string[];
  /** What our server has to have seen once the client is content. */
  readonly check?: (seen: Seen) => boolean;
}

const CASES: readonly WebTransportCase[] = [
  {
    name: 'streams',
    args: ['--bytes', '1000000'],
    check: ({ greeting }) => greeting === GREETING,
  },
  { name: 'datagrams', args: ['--datagrams', '20'] },
  {
    name: 'close',
    check: ({ codes, end }) =>
      codes.includes(CODES.reset) &&
      codes.includes(CODES.stop) &&
      end?.code === CODES.close.code &&
      end.reason === CODES.close.reason,
  },
  { name: 'bye' },
  { name: 'refused' },
  {
    name: 'draft-07',
    program: 'streams',
    args: ['--bytes', '1000000', '--draft-07'],
    check: ({ draft }) => draft === 'draft-07',
  },
];

/** The peer's client against our server. */
export function webTransportServerCases(peer: WebTransportPeer): InteropCase[] {
  return CASES.map((one) => ({
    name: `webtransport-${one.name}`,
    role: 'server',
    async run(context) {
      const { lacksDraft07 } = peer;
      if (one.name === 'draft-07' && lacksDraft07 !== undefined) {
        throw new CaseUnsupported(lacksDraft07);
      }
      return run(context, peer, one);
    },
  }));
}

async function run(
  context: CaseContext,
  peer: WebTransportPeer,
  { name, program = name, args = [], check }: WebTransportCase,
): Promise<string | undefined> {
  const changes = new Changes();
  const seen: Seen = { draft: undefined, greeting: '', codes: [], end: undefined, changes };
  const options = {
    serve: (quic: Parameters<typeof WebTransportHost.server>[0]) => {
      const host = WebTransportHost.server(quic, {
        requested: (request) => {
          seen.draft = host.webTransport.draft;
          const path = request.head.path ?? '';
          const session = PATHS.has(path) ? request.accept() : undefined;
          if (session === undefined) request.refuse({ status: 404, fields: [] });
          else serve(session, path, seen);
        },
      });
    },
  };
  return withOurServer(context, 'h3', options, async (server) => {
    const client = startPeerClient(context, peer, 'h3', server, ['--case', program, ...args]);
    await contentPeer(client);
    expect(seen.draft !== undefined, 'no draft was agreed', client.log);
    if (check !== undefined) await changes.until(() => check(seen));
    return seen.draft;
  });
}

const PATHS: ReadonlySet<string> = new Set(['/streams', '/datagrams', '/close', '/bye']);

function serve(session: WebTransportSession, path: string, seen: Seen): void {
  session.ondatagram = (payload) => void session.sendDatagram(payload);
  session.onstream = (stream) => {
    if (stream.direction === 'bidi') echo(stream, stream, seen);
    else session.whenStreamOpens('uni', (answer) => echo(stream, answer, seen));
    const told = (code: number | undefined): void => {
      if (seen.codes.push(code) === 2) say(session, HEARD);
      seen.changes.announce();
    };
    stream.onreset = told;
    stream.onstopped = told;
  };
  session.onclosed = (end) => {
    seen.end = end;
    seen.changes.announce();
  };
  if (path === '/streams') greet(session, seen);
  if (path === '/bye') session.close(CODES.bye);
}

function echo(from: WebTransportStream, to: WebTransportStream, seen: Seen): void {
  from.ondata = (data, fin) => {
    from.pause();
    to.write(data, () => {
      if (fin) to.end();
      else from.resume();
      seen.changes.announce();
    });
  };
  from.resume();
}

/** On a unidirectional stream. */
function say(session: WebTransportSession, text: string): void {
  session.whenStreamOpens('uni', (stream) => {
    stream.write(utf8(text));
    stream.end();
  });
}

function greet(session: WebTransportSession, seen: Seen): void {
  session.whenStreamOpens('bidi', (stream) => {
    stream.ondata = (data) => {
      seen.greeting += fromUtf8(data);
      seen.changes.announce();
    };
    stream.resume();
    stream.write(utf8(GREETING));
    stream.end();
  });
}
