import type { ConnectOptions } from '@mpquic/endpoint';
import type { QuicVersionName } from '@mpquic/quic';
import { Changes } from '../changes.ts';
import { type CaseContext, CaseUnsupported, expect, type InteropCase } from '../matrix.ts';
import { rate } from '../peers/qpsk-setup.ts';
import { ecnRemark } from './ecn-remark.ts';
import { type PeerServer, withPeerServer } from './peer-server.ts';
import { type PeerAlpn, type QuicPeer, usualAlpn } from './quic-peer.ts';
import { updateKey } from './update-key.ts';

const MEGABYTE = 1_000_000;
const DATAGRAMS = 20;
const HOST = '127.0.0.1';

/** One case of our client against any peer's server. */
interface ClientCase {
  readonly name: string;
  readonly alpn?: PeerAlpn;
  readonly args?: readonly string[];
  readonly use: (server: PeerServer, context: CaseContext) => Promise<string | undefined>;
}

async function getTimed({ open, get }: PeerServer, octets: number): Promise<string> {
  const session = await open();
  const started = performance.now();
  await get(session, octets);
  const remark = rate(octets, started);
  await session.close();
  return remark;
}

function withCipher(name: string, cipher: string): ClientCase {
  return {
    name,
    use: async ({ open, get }) => {
      const session = await open({ ciphers: cipher });
      await get(session, 1000);
      const agreed = session.handshake?.cipherSuite;
      await session.close();
      expect(agreed === cipher, `agreed on ${agreed}`);
      return undefined;
    },
  };
}

/** What a first session leaves. */
async function ticketOf(
  open: PeerServer['open'],
  get: PeerServer['get'],
): Promise<Uint8Array | undefined> {
  const tickets: Uint8Array[] = [];
  const changes = new Changes();
  const onsessionticket: ConnectOptions['onsessionticket'] = (ticket) => {
    tickets.push(ticket);
    changes.announce();
  };
  const first = await open({ onsessionticket });
  await get(first, 1000);
  await changes.until(() => tickets.length > 0);
  await first.close();
  return tickets[0];
}

async function resume({ open, get }: PeerServer): Promise<string | undefined> {
  const second = await open({ sessionTicket: await ticketOf(open, get) });
  await get(second, 1000);
  const { resumed } = await second.opened;
  await second.close();
  expect(resumed, 'the session was not resumed');
  return undefined;
}

/** The request goes as 0-RTT data, before the server has said a word. */
async function requestEarly({ open, start, get }: PeerServer): Promise<string | undefined> {
  const sessionTicket = await ticketOf(open, get);
  const session = await start({ sessionTicket, earlyData: true });
  await get(session, 1000);
  const { earlyDataAccepted } = await session.opened;
  await session.close();
  expect(earlyDataAccepted, 'the 0-RTT data were rejected');
  return undefined;
}

/** A ticket serves 0-RTT once: the second time the request goes again, when it was rejected. RFC 9846 §8.1 */
async function requestEarlyInVain({ open, start, get }: PeerServer): Promise<string | undefined> {
  const sessionTicket = await ticketOf(open, get);
  for (const expected of [true, false]) {
    const session = await start({ sessionTicket, earlyData: true });
    await get(session, 1000);
    const { earlyDataAttempted, earlyDataAccepted } = await session.opened;
    await session.close();
    const what = `0-RTT of a ${expected ? 'new' : 'used'} ticket`;
    expect(earlyDataAttempted, `${what} was not sent`);
    expect(earlyDataAccepted === expected, `${what} was ${expected ? 'rejected' : 'accepted'}`);
  }
  return undefined;
}

/** Gets something in the version that is agreed on, given `options`. */
function withVersion(
  name: string,
  peerVersions: string,
  options: Partial<ConnectOptions>,
  agreed: QuicVersionName,
): ClientCase {
  return {
    name,
    args: ['--versions', peerVersions],
    use: async ({ open, get }) => {
      const session = await open(options);
      await get(session, 1000);
      const { version } = session;
      await session.close();
      expect(version === agreed, `agreed on ${version}`);
      return version;
    },
  };
}

const CASES: readonly ClientCase[] = [
  {
    name: 'certificate',
    use: async ({ open, get }) => {
      const session = await open();
      await get(session, 1000);
      expect(session.handshake?.certificate !== undefined, 'no certificate was shown');
      const cipher = session.handshake?.cipherSuite;
      await session.close();
      return cipher;
    },
  },
  { name: 'transfer-10mb', use: (server) => getTimed(server, 10 * MEGABYTE) },
  withCipher('chacha20', 'TLS_CHACHA20_POLY1305_SHA256'),
  withCipher('aes256-sha384', 'TLS_AES_256_GCM_SHA384'),
  {
    name: 'retry',
    args: ['--retry'],
    use: async (server, { recording }) => {
      await getTimed(server, 1000);
      expect(recording.received.has('retry'), 'no Retry came');
      return undefined;
    },
  },
  { name: 'resumption', use: resume },
  { name: '0-rtt', args: ['--early'], use: requestEarly },
  { name: '0-rtt-rejected', args: ['--early'], use: requestEarlyInVain },
  withVersion('version-2', 'v1,v2', { versions: ['v2'] }, 'v2'),
  withVersion(
    'compatible-version',
    'v2,v1',
    { versions: ['v2', 'v1'], connection: { firstVersion: 'v1' } },
    'v2',
  ),
  withVersion('version-negotiation', 'v1', { versions: ['v2', 'v1'] }, 'v1'),
  {
    name: 'key-update-by-us',
    use: async ({ open, get }) => {
      const session = await open();
      await get(session, MEGABYTE);
      await updateKey(session);
      await get(session, MEGABYTE);
      // Possible only when the peer has followed the first.
      await updateKey(session);
      await get(session, MEGABYTE);
      await session.close();
      return undefined;
    },
  },
  {
    name: 'key-update-by-peer',
    args: ['--key-update'],
    use: async ({ open, get }) => {
      const updates: string[] = [];
      const session = await open({ onkeyupdate: ({ by }) => void updates.push(by) });
      await get(session, 5 * MEGABYTE);
      await session.close();
      expect(updates.includes('peer'), 'no key update of the peer came');
      return `${updates.length} updates`;
    },
  },
  {
    name: 'migration',
    use: async ({ open, get }, { recording }) => {
      const session = await open();
      await get(session, 1000);
      await Promise.all([get(session, 5 * MEGABYTE), session.migrate({ local: HOST })]);
      await get(session, MEGABYTE);
      await session.close();
      expect(recording.received.has('path_response'), 'the peer answered no PATH_CHALLENGE');
      return undefined;
    },
  },
  {
    name: 'ecn',
    use: async ({ open, get }) => {
      const session = await open({ direct: true });
      await get(session, MEGABYTE);
      return ecnRemark(session);
    },
  },
  {
    name: 'nat-rebinding',
    use: async ({ open, get, nat }, { recording }) => {
      const session = await open();
      await get(session, 1000);
      nat.rebind();
      await get(session, MEGABYTE);
      await session.close();
      expect(recording.received.has('path_challenge'), 'the peer did not validate the new path');
      return undefined;
    },
  },
  {
    name: 'datagrams',
    alpn: 'qpsk-echo',
    use: async ({ open }) => {
      let echoed = 0;
      const changes = new Changes();
      const session = await open({
        transportParams: { maxDatagramFrameSize: 65_535 },
        ondatagram: ({ length }) => {
          if (length === 500) echoed += 1;
          changes.announce();
        },
      });
      for (let i = 0; i < DATAGRAMS; i++) await session.sendDatagram(new Uint8Array(500).fill(i));
      await changes.until(() => echoed === DATAGRAMS);
      await session.close();
      return `${echoed} echoed`;
    },
  },
  { name: 'h3-get', alpn: 'h3', use: (server) => getTimed(server, 2 * MEGABYTE) },
  {
    name: 'h3-datagrams',
    alpn: 'h3',
    use: async ({ open, authority, h3 }) => {
      const session = await open();
      const echoed = await h3(session).echoDatagrams(authority, DATAGRAMS);
      await session.close();
      return `${echoed} echoed`;
    },
  },
];

/** Our client against the peer's server. */
export function clientCases(peer: QuicPeer): InteropCase[] {
  return CASES.map(({ name, alpn = usualAlpn(peer, name), args = [], use }) => ({
    name,
    role: 'client',
    async run(context) {
      const lack = peer.lacks.client?.[name];
      if (lack !== undefined) throw new CaseUnsupported(lack);
      return withPeerServer(context, peer, alpn, args, (server) => use(server, context));
    },
  }));
}
