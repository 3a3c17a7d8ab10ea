import type { ExternalPsk } from '@mpquic/tls';
import { toHex } from '@mpquic/wire';
import { expect, type InteropCase } from '../matrix.ts';
import { requestPattern } from './qpsk-protocol.ts';
import {
  GROUP_NAMES,
  GROUPS,
  IDENTITY,
  OTHER_IDENTITY,
  openOurClient,
  psk,
  rate,
  startPeerServer,
  WRONG_KEY,
  withOurClient,
} from './qpsk-setup.ts';

const MEGABYTE = 1_000_000;

/** GnuTLS 3.7 answers a wrong key and an unknown identity alike: CONNECTION_CLOSE with illegal_parameter. */
const GNUTLS_BAD_BINDER = 0x0100 + 47;

/** Our client is refused by the peer's server with {@link GNUTLS_BAD_BINDER}. */
function refused(name: string, offered: ExternalPsk): InteropCase {
  return {
    name,
    role: 'client',
    async run(context) {
      const { server, address } = await startPeerServer(context, []);
      const session = await openOurClient(context, address, { psk: offered });
      const opened = await session.opened.then(
        () => true,
        () => false,
      );
      await session.closed.catch(() => undefined);
      server.kill();
      expect(!opened, 'the handshake succeeded', server.log);
      const reason = session.closeReason;
      const told = reason?.by === 'peer' && reason.code === GNUTLS_BAD_BINDER;
      expect(told, `closed by ${reason?.by} with 0x${reason?.code.toString(16)}`, server.log);
      return `0x${GNUTLS_BAD_BINDER.toString(16)}`;
    },
  };
}

const handshakes = GROUP_NAMES.map(
  (group): InteropCase => ({
    name: `handshake-${group}`,
    role: 'client',
    run: (context) =>
      withOurClient(
        context,
        ['--groups', GROUPS[group]],
        { groups: [group] },
        async (session, server) => {
          await requestPattern(session, 1000);
          const event = await server.event('handshake');
          expect(event['auth'] === 'psk' && event['peerCerts'] === 0, 'not a PSK', server.log);
          expect(session.handshake?.group === group, `group ${session.handshake?.group}`);
          return session.handshake?.cipherSuite;
        },
      ),
  }),
);

/** Our client against the peer's server. */
export const clientCases: readonly InteropCase[] = [
  ...handshakes,
  {
    name: 'hello-retry-request',
    role: 'client',
    run: (context) =>
      withOurClient(context, ['--groups', GROUPS.secp384r1], {}, async (session) => {
        await requestPattern(session, 1000);
        expect(session.handshake?.group === 'secp384r1', `group ${session.handshake?.group}`);
        return 'x25519 offered, secp384r1 taken';
      }),
  },
  {
    name: 'binary-identity',
    role: 'client',
    run: (context) =>
      withOurClient(context, [], {}, async (_, server) => {
        const lookup = await server.event('psk_lookup');
        expect(lookup['identityHex'] === toHex(IDENTITY), String(lookup['identityHex']));
        return toHex(IDENTITY);
      }),
  },
  {
    name: 'transfer-20mb',
    role: 'client',
    run: (context) =>
      withOurClient(context, [], {}, async (session) => {
        const started = performance.now();
        await requestPattern(session, 20 * MEGABYTE);
        return rate(20 * MEGABYTE, started);
      }),
  },
  {
    name: 'key-update-by-us',
    role: 'client',
    run: (context) =>
      withOurClient(context, [], {}, async (session) => {
        await session.confirmed;
        await requestPattern(session, MEGABYTE);
        session.updateKey();
        await requestPattern(session, MEGABYTE);
        return undefined;
      }),
  },
  {
    name: 'key-update-by-peer',
    role: 'client',
    run: (context) =>
      withOurClient(context, ['--key-update'], {}, async (session, server) => {
        let updates = 0;
        session.onkeyupdate = () => {
          updates += 1;
        };
        await requestPattern(session, MEGABYTE);
        await server.event('key_update_initiated');
        await requestPattern(session, MEGABYTE);
        expect(updates > 0, 'no key update was seen', server.log);
        return undefined;
      }),
  },
  {
    name: 'retry',
    role: 'client',
    run: (context) =>
      withOurClient(context, ['--retry'], {}, async (session, server) => {
        await requestPattern(session, 1000);
        await server.event('retry_sent');
        return undefined;
      }),
  },
  {
    name: 'migration',
    role: 'client',
    run: (context) =>
      withOurClient(context, [], {}, async (session, server) => {
        await requestPattern(session, 1000);
        await Promise.all([
          requestPattern(session, 5 * MEGABYTE),
          session.migrate({ local: '127.0.0.1' }),
        ]);
        await requestPattern(session, MEGABYTE);
        await server.event('path_validation', ({ ok }) => ok === 1);
        return 'to another port, with another connection ID';
      }),
  },
  {
    // Which our client passes over: the PSK is at hand the next time as well.
    name: 'ticket-after-psk',
    role: 'client',
    run: (context) =>
      withOurClient(context, ['--tickets'], {}, async (session) => {
        await requestPattern(session, MEGABYTE);
        expect(context.recording.received.has('application crypto'), 'no ticket came');
        return undefined;
      }),
  },
  {
    name: 'datagrams',
    role: 'client',
    run: (context) =>
      withOurClient(context, [], { alpn: 'qpsk-echo' }, async (session) => {
        const echoed = new Promise<Uint8Array>((resolve) => {
          session.ondatagram = (datagram) => resolve(datagram);
        });
        await session.sendDatagram(Uint8Array.of(1, 2, 3));
        expect(toHex(await echoed) === '010203', 'another datagram came back');
        return undefined;
      }),
  },
  refused('wrong-key', psk(IDENTITY, WRONG_KEY)),
  refused('unknown-identity', psk(OTHER_IDENTITY)),
];
