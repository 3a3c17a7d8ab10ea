import type { QuicSession } from '@mpquic/endpoint';
import type { QuicVersionName } from '@mpquic/quic';
import { type CaseContext, CaseUnsupported, expect, type InteropCase } from '../matrix.ts';
import { rate } from '../peers/qpsk-setup.ts';
import { ecnRemark } from './ecn-remark.ts';
import {
  contentPeer,
  type OurServer,
  type OurServerOptions,
  startPeerClient,
  withOurServer,
} from './our-server.ts';
import { type PeerAlpn, type QuicPeer, usualAlpn } from './quic-peer.ts';
import { updateKey } from './update-key.ts';

const MEGABYTE = 1_000_000;
const DATAGRAMS = 20;
/** Milliseconds. */
const ROUND_TRIP = 100;

/** One case of any peer's client against our server. */
interface ServerCase {
  readonly name: string;
  readonly alpn?: PeerAlpn;
  /** What the client asks for. */
  readonly bytes?: number;
  readonly args?: readonly string[];
  readonly options?: OurServerOptions;
  /** While the client runs. */
  readonly meanwhile?: (server: OurServer) => Promise<void>;
  /** Checks what came of it, given what the client said at its end. */
  readonly check?: (
    server: OurServer,
    done: Readonly<Record<string, unknown>>,
    log: readonly string[],
  ) => string | undefined;
}

function withCipher(name: string, cipher: string): ServerCase {
  return {
    name,
    options: { ciphers: cipher },
    check: ({ sessions }) => {
      expect(sessions[0]?.handshake?.cipherSuite === cipher, 'agreed on another');
      return undefined;
    },
  };
}

/** The client comes with the versions of `args`, and this is what is agreed on. */
function withVersions(
  name: string,
  args: readonly string[],
  versions: readonly QuicVersionName[] | undefined,
  agreed: QuicVersionName,
): ServerCase {
  return {
    name,
    args,
    options: { versions },
    check: ({ sessions }) => {
      const all = sessions.map(({ version }) => version).join(', ');
      expect(all === agreed, `sessions of ${all}`);
      return agreed;
    },
  };
}

/** Twice: the second is possible only when the peer has followed the first, which a PING shows. */
async function updateKeysTwice(session: QuicSession): Promise<void> {
  await updateKey(session);
  session.ping();
  await updateKey(session);
}

/** So that what a client has for 0-RTT goes ahead of its handshake, however slow the client is. */
function takeTime({ nat }: OurServer): Promise<void> {
  nat.slowDown(ROUND_TRIP);
  return Promise.resolve();
}

function validatedAfterMove({ pathEvents }: OurServer): string {
  const validated = pathEvents.indexOf('path_validated', pathEvents.indexOf('path_migrated'));
  expect(validated > 0, `we saw ${pathEvents.join(', ')}`);
  return pathEvents.join(', ');
}

const CASES: readonly ServerCase[] = [
  {
    name: 'certificate',
    check: ({ sessions }) => {
      expect(sessions[0]?.psk === undefined, 'a PSK');
      return sessions[0]?.handshake?.cipherSuite;
    },
  },
  { name: 'transfer-10mb', bytes: 10 * MEGABYTE },
  withCipher('chacha20', 'TLS_CHACHA20_POLY1305_SHA256'),
  withCipher('aes256-sha384', 'TLS_AES_256_GCM_SHA384'),
  {
    name: 'retry',
    options: { retry: true },
    check: ({ sessions }) => {
      expect(sessions.length === 1, `${sessions.length} sessions`);
      return undefined;
    },
  },
  {
    name: 'resumption',
    args: ['--connections', '2'],
    check: ({ sessions }, _, log) => {
      expect(sessions[1]?.handshake?.resumed === true, 'the session was not resumed', log);
      return undefined;
    },
  },
  {
    name: '0-rtt',
    args: ['--connections', '2', '--early'],
    options: { earlyData: true },
    meanwhile: takeTime,
    check: ({ sessions, received }, _, log) => {
      expect(sessions[1]?.handshake?.resumed === true, 'the session was not resumed', log);
      expect(received.has('early'), 'no 0-RTT packet was taken', log);
      return undefined;
    },
  },
  {
    name: '0-rtt-rejected',
    args: ['--connections', '2', '--early'],
    options: { earlyData: { firstUse: () => false } },
    meanwhile: takeTime,
    check: ({ received }, _, log) => {
      expect(received.has('dropped early_data_refused'), 'no 0-RTT packet came', log);
      expect(!received.has('early'), 'a 0-RTT packet was taken', log);
      return undefined;
    },
  },
  withVersions('version-2', ['--versions', 'v2'], undefined, 'v2'),
  withVersions(
    'compatible-version',
    ['--versions', 'v2,v1', '--first-version', 'v1'],
    ['v2', 'v1'],
    'v2',
  ),
  withVersions('version-negotiation', ['--versions', 'v2,v1'], ['v1'], 'v1'),
  {
    name: 'key-update-by-us',
    bytes: 10 * MEGABYTE,
    // A fast transfer would be over before the second.
    options: { onSession: (session) => updateKeysTwice(session).catch(() => undefined) },
    check: ({ sessions }) => {
      const updates = Number(sessions[0]?.stats.keyUpdates ?? 0);
      expect(updates >= 2, `${updates} updates`);
      return `${updates} updates`;
    },
  },
  {
    name: 'key-update-by-peer',
    bytes: 10 * MEGABYTE,
    args: ['--key-update'],
    check: ({ sessions }) => {
      const updates = Number(sessions[0]?.stats.keyUpdates ?? 0);
      expect(updates > 0, 'no key update came');
      return `${updates} updates`;
    },
  },
  {
    name: 'migration',
    bytes: 10 * MEGABYTE,
    args: ['--migrate'],
    check: validatedAfterMove,
  },
  {
    name: 'ecn',
    bytes: MEGABYTE,
    options: { direct: true },
    check: ({ sessions }) => ecnRemark(sessions[0]),
  },
  {
    name: 'nat-rebinding',
    bytes: 10 * MEGABYTE,
    meanwhile: async ({ sessions, nat }) => {
      while (Number(sessions[0]?.stats.bytesSent ?? 0) < MEGABYTE) {
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      nat.rebind();
    },
    check: validatedAfterMove,
  },
  {
    name: 'datagrams',
    alpn: 'qpsk-echo',
    args: ['--datagrams', String(DATAGRAMS)],
    check: (_, done, log) => {
      expect(done['datagrams'] === DATAGRAMS, 'not all datagrams came back', log);
      return undefined;
    },
  },
  { name: 'h3-get', alpn: 'h3', bytes: 2 * MEGABYTE },
  {
    name: 'h3-datagrams',
    alpn: 'h3',
    args: ['--datagrams', String(DATAGRAMS)],
    check: (_, done, log) => {
      expect(done['datagrams'] === DATAGRAMS, 'not all datagrams came back', log);
      return undefined;
    },
  },
];

async function run(context: CaseContext, peer: QuicPeer, one: ServerCase): Promise<string> {
  const { alpn = usualAlpn(peer, one.name), bytes = 1000, args = [], options = {} } = one;
  return withOurServer(context, alpn, options, async (server) => {
    const started = performance.now();
    const all = ['--bytes', String(bytes), ...args];
    const client = startPeerClient(context, peer, alpn, server, all);
    const [done] = await Promise.all([contentPeer(client), one.meanwhile?.(server)]);
    expect(done['bytes'] === bytes, `${String(done['bytes'])} of ${bytes} octets`, client.log);
    return one.check?.(server, done, client.log) ?? rate(bytes, started);
  });
}

/** The peer's client against our server. */
export function serverCases(peer: QuicPeer): InteropCase[] {
  return CASES.map((one) => ({
    name: one.name,
    role: 'server',
    async run(context) {
      const lack = peer.lacks.server?.[one.name];
      if (lack !== undefined) throw new CaseUnsupported(lack);
      return run(context, peer, one);
    },
  }));
}
