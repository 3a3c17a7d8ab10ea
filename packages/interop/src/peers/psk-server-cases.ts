import type { QuicSession } from '@mpquic/endpoint';
import { type ExternalPsk, InMemoryPskStore } from '@mpquic/tls';
import { toHex } from '@mpquic/wire';
import { type CaseContext, expect, type InteropCase } from '../matrix.ts';
import type { PeerProcess } from '../peer-process.ts';
import {
  contentPeer,
  type OurServer,
  type OurServerOptions,
  startPeerClient,
  withOurServer,
} from '../quic/our-server.ts';
import type { PeerAlpn, QuicPeer } from '../quic/quic-peer.ts';
import { updateKey } from '../quic/update-key.ts';
import { BAD_BINDER, PSK_AGREEMENTS, pskOptions, REFUSED_PSKS } from './psk-cases.ts';
import { psk, rate } from './qpsk-setup.ts';

const MEGABYTE = 1_000_000;

interface Case {
  readonly name: string;
  readonly alpn?: PeerAlpn;
  /** What the client offers, and what else it is told. */
  readonly psk?: ExternalPsk;
  readonly args?: readonly string[];
  /** What our server knows. */
  readonly known?: ExternalPsk;
  readonly options?: OurServerOptions;
  readonly use: (
    client: PeerProcess,
    server: OurServer,
    started: number,
  ) => Promise<string | undefined>;
}

const agreements: readonly Case[] = PSK_AGREEMENTS.map((agreement) => ({
  name: agreement.name,
  psk: agreement.psk,
  known: agreement.psk,
  args: [
    ...['--bytes', '1000'],
    ...(agreement.clientGroups === undefined ? [] : ['--groups', agreement.clientGroups]),
  ],
  options: { groups: agreement.serverGroups },
  use: async (client, { sessions }) => {
    await contentPeer(client);
    const { group, cipherSuite, psk: used } = sessions[0]?.handshake ?? {};
    const identity = toHex(used?.identity ?? new Uint8Array(0));
    expect(identity === toHex(agreement.psk.identity), `identity ${identity}`);
    expect(used?.mode === agreement.psk.mode, `PSK mode ${used?.mode}`);
    expect(group === (agreement.group ?? group), `group ${group}`);
    expect(cipherSuite === (agreement.cipher ?? cipherSuite), `suite ${cipherSuite}`);
    return `${cipherSuite}, ${group}`;
  },
}));

const refusals: readonly Case[] = REFUSED_PSKS.map((refused) => ({
  name: refused.name,
  psk: refused.psk,
  use: async (client) => {
    const { by, code } = await client.event('closed');
    expect(by === 'peer' && code === BAD_BINDER, `${String(by)}, ${String(code)}`, client.log);
    return `0x${BAD_BINDER.toString(16)}`;
  },
}));

const CASES: readonly Case[] = [
  ...agreements,
  ...refusals,
  {
    name: 'psk-transfer-20mb',
    args: ['--bytes', String(20 * MEGABYTE)],
    use: async (client, _, started) => {
      await contentPeer(client);
      return rate(20 * MEGABYTE, started);
    },
  },
  {
    name: 'psk-both-ways-5mb',
    alpn: 'qpsk-echo',
    args: ['--upload', String(5 * MEGABYTE)],
    use: async (client) => void (await contentPeer(client)),
  },
  {
    name: 'psk-datagrams',
    alpn: 'qpsk-echo',
    args: ['--datagrams', '20'],
    use: async (client) => {
      const { datagrams } = await contentPeer(client);
      expect(datagrams === 20, `${String(datagrams)} came back`, client.log);
      return undefined;
    },
  },
  {
    name: 'psk-key-update-by-us',
    args: ['--bytes', String(10 * MEGABYTE)],
    options: { onSession: (session) => void updateKey(session).catch(() => undefined) },
    use: async (client) => {
      await contentPeer(client);
      const seen = client.events.some(({ event, by }) => event === 'key_update' && by === 'peer');
      expect(seen, 'the peer saw no key update', client.log);
      return undefined;
    },
  },
  {
    name: 'psk-key-update-by-peer',
    args: ['--bytes', String(10 * MEGABYTE), '--key-update'],
    use: async (client, { sessions }) => {
      await contentPeer(client);
      const updates = sessions[0]?.stats.keyUpdates ?? 0n;
      expect(updates > 0n, 'no key update came', client.log);
      return `${updates} updates`;
    },
  },
  {
    name: 'psk-retry',
    args: ['--bytes', '1000'],
    options: { retry: true },
    use: async (client, { sessions, received }) => {
      await contentPeer(client);
      expect(sessions.length === 1, `${sessions.length} sessions`);
      expect(received.has('initial crypto'), 'no ClientHello came');
      return undefined;
    },
  },
  {
    name: 'close-by-peer',
    args: ['--bytes', '1000', '--close-code', '77'],
    use: async (client, { sessions }) => {
      await contentPeer(client);
      await sessions[0]?.closed.catch(() => undefined);
      const { by, application, code } = sessions[0]?.closeReason ?? {};
      expect(by === 'peer' && application === true && code === 77, `by ${by} with ${code}`);
      return 'application code 77';
    },
  },
  {
    name: 'close-by-us',
    args: ['--bytes', String(10 * MEGABYTE)],
    options: { onSession: closeWhenConfirmed },
    use: async (client) => {
      const { by, application, code } = await client.event('closed');
      const told = by === 'peer' && application === true && code === 4242;
      expect(told, `by ${String(by)} with ${String(code)}`, client.log);
      return 'application code 4242';
    },
  },
];

function closeWhenConfirmed(session: QuicSession): void {
  session.confirmed.then(
    () => session.destroy(undefined, { code: 4242, reason: 'enough' }),
    () => undefined,
  );
}

/** The peer's client against our server, by external PSK. */
export function pskServerCases(peer: QuicPeer): InteropCase[] {
  return CASES.map((one) => ({ name: one.name, role: 'server', run: runCase(peer, one) }));
}

function runCase(
  peer: QuicPeer,
  { alpn = 'perf', psk: offered = psk(), known = psk(), args = [], options, use }: Case,
): (context: CaseContext) => Promise<string | undefined> {
  const all = [...pskOptions(offered), ...args];
  return (context) => {
    const store = new InMemoryPskStore([known]);
    const authentication = { psk: store, requirePsk: true };
    return withOurServer(context, alpn, { ...options, ...authentication }, (server) => {
      const started = performance.now();
      return use(startPeerClient(context, peer, alpn, server, all), server, started);
    });
  };
}
