import { Changes } from '../changes.ts';
import { type CaseContext, expect, type InteropCase } from '../matrix.ts';
import { type PeerServer, withPeerServer } from '../quic/peer-server.ts';
import type { PeerAlpn, QuicPeer } from '../quic/quic-peer.ts';
import { updateKey } from '../quic/update-key.ts';
import { BAD_BINDER, PSK_AGREEMENTS, pskOptions, REFUSED_PSKS } from './psk-cases.ts';
import { psk, rate } from './qpsk-setup.ts';

const MEGABYTE = 1_000_000;

interface Case {
  readonly name: string;
  readonly alpn?: PeerAlpn;
  readonly args?: readonly string[];
  readonly use: (server: PeerServer, context: CaseContext) => Promise<string | undefined>;
}

const agreements: readonly Case[] = PSK_AGREEMENTS.map((agreement) => ({
  name: agreement.name,
  args: pskOptions(agreement.psk, agreement.serverGroups),
  use: async ({ open, get, process }) => {
    const session = await open({ psk: agreement.psk, groups: agreement.clientGroups });
    await get(session, 1000);
    const { group, cipherSuite } = session.handshake ?? {};
    await session.close();
    const told = await process.event('handshake');
    const { identityHex } = told;
    expect(identityHex === pskOptions(agreement.psk)[1], `identity ${String(identityHex)}`);
    expect(told['pskMode'] === agreement.psk.mode, `PSK mode ${String(told['pskMode'])}`);
    expect(group === (agreement.group ?? group), `group ${group}`);
    expect(cipherSuite === (agreement.cipher ?? cipherSuite), `suite ${cipherSuite}`);
    return `${cipherSuite}, ${group}`;
  },
}));

const refusals: readonly Case[] = REFUSED_PSKS.map((refused) => ({
  name: refused.name,
  args: pskOptions(psk()),
  use: async ({ start, process }) => {
    const session = await start({ psk: refused.psk });
    const opened = await session.opened.then(
      () => true,
      () => false,
    );
    await session.closed.catch(() => undefined);
    expect(!opened, 'the handshake succeeded', process.log);
    const { by, code } = session.closeReason ?? {};
    expect(by === 'peer' && code === BAD_BINDER, `closed by ${by} with ${code}`, process.log);
    return `0x${BAD_BINDER.toString(16)}`;
  },
}));

const CASES: readonly Case[] = [
  ...agreements,
  ...refusals,
  {
    name: 'psk-transfer-20mb',
    use: async ({ open, get }) => {
      const session = await open({ psk: psk() });
      const started = performance.now();
      await get(session, 20 * MEGABYTE);
      const remark = rate(20 * MEGABYTE, started);
      await session.close();
      return remark;
    },
  },
  {
    name: 'psk-both-ways-5mb',
    alpn: 'qpsk-echo',
    use: async ({ open }) => {
      const session = await open({ psk: psk() });
      const body = new Uint8Array(5 * MEGABYTE).fill(1);
      const stream = await session.createBidirectionalStream({ body });
      let octets = 0;
      for await (const chunks of stream) for (const { length } of chunks) octets += length;
      await session.close();
      expect(octets === body.length, `${octets} octets came back`);
      return undefined;
    },
  },
  {
    name: 'psk-datagrams',
    alpn: 'qpsk-echo',
    use: async ({ open }) => {
      const changes = new Changes();
      let echoed = 0;
      const session = await open({
        psk: psk(),
        ondatagram: ({ length }) => {
          if (length === 500) echoed += 1;
          changes.announce();
        },
      });
      for (let i = 0; i < 20; i++) await session.sendDatagram(new Uint8Array(500).fill(i));
      await changes.until(() => echoed === 20);
      await session.close();
      return `${echoed} echoed`;
    },
  },
  {
    name: 'psk-key-update-by-us',
    use: async ({ open, get, process }) => {
      const session = await open({ psk: psk() });
      await get(session, MEGABYTE);
      await updateKey(session);
      await get(session, MEGABYTE);
      await process.event('key_update', ({ by }) => by === 'peer');
      await session.close();
      return undefined;
    },
  },
  {
    name: 'psk-key-update-by-peer',
    args: [...pskOptions(psk()), '--key-update'],
    use: async ({ open, get }) => {
      const updates: string[] = [];
      const session = await open({ psk: psk(), onkeyupdate: ({ by }) => void updates.push(by) });
      await get(session, 5 * MEGABYTE);
      await session.close();
      expect(updates.includes('peer'), 'no key update of the peer came');
      return undefined;
    },
  },
  {
    name: 'psk-retry',
    args: [...pskOptions(psk()), '--retry'],
    use: async ({ open, get }, { recording }) => {
      const session = await open({ psk: psk() });
      await get(session, 1000);
      await session.close();
      expect(recording.received.has('retry'), 'no Retry came');
      return undefined;
    },
  },
  {
    name: 'close-by-us',
    use: async ({ open, process }) => {
      const session = await open({ psk: psk() });
      await session.close({ code: 4242, reason: 'enough' });
      const { application, code, reason } = await process.event('closed');
      expect(
        application === true && code === 4242 && reason === 'enough',
        `application ${String(application)}, code ${String(code)}, ${String(reason)}`,
      );
      return 'application code 4242';
    },
  },
  {
    name: 'close-by-peer',
    args: [...pskOptions(psk()), '--close-code', '77'],
    use: async ({ open, get }) => {
      const session = await open({ psk: psk() });
      await get(session, 1000);
      await session.closed.catch(() => undefined);
      const { by, application, code } = session.closeReason ?? {};
      expect(by === 'peer' && application === true && code === 77, `by ${by} with ${code}`);
      return 'application code 77';
    },
  },
];

/** Our client against the peer's server, by external PSK. */
export function pskClientCases(peer: QuicPeer): InteropCase[] {
  return CASES.map(({ name, alpn = 'perf', args = pskOptions(psk()), use }) => ({
    name,
    role: 'client',
    run: (context) => withPeerServer(context, peer, alpn, args, (server) => use(server, context)),
  }));
}
