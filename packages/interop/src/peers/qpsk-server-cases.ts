import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { toHex } from '@mpquic/wire';
import { expect, type InteropCase } from '../matrix.ts';
import { PeerProcess } from '../peer-process.ts';
import { updateKey } from '../quic/update-key.ts';
import {
  expectDone,
  GROUP_NAMES,
  GROUPS,
  IDENTITY,
  OTHER_IDENTITY,
  pskArguments,
  QPSK_CLIENT,
  rate,
  runPeerClient,
  startPeerServer,
  WRONG_KEY,
} from './qpsk-setup.ts';

const MEGABYTE = 1_000_000;

/** Our answer to a wrong key and to an unknown identity: decrypt_error. */
const BAD_BINDER = 0x0100 + 51;

function refused(name: string, args: readonly string[]): InteropCase {
  return {
    name,
    role: 'server',
    async run(context) {
      const client = await runPeerClient(context, [...args, '--bytes', '10']);
      const closed = client.events.find(({ event }) => event === 'closed_by_peer');
      expect(closed?.['code'] === BAD_BINDER, 'not refused with 0x133', client.log);
      return `0x${BAD_BINDER.toString(16)}`;
    },
  };
}

const handshakes = GROUP_NAMES.map(
  (group): InteropCase => ({
    name: `handshake-${group}`,
    role: 'server',
    async run(context) {
      const args = [...pskArguments(), '--bytes', '1000', '--groups', GROUPS[group]];
      const client = await runPeerClient(context, args);
      expectDone(client);
      const event = client.events.find((one) => one.event === 'handshake');
      expect(event?.['auth'] === 'psk' && event['peerCerts'] === 0, 'not a PSK', client.log);
      return String(event['cipher']);
    },
  }),
);

/** The peer's client against our server. */
export const serverCases: readonly InteropCase[] = [
  ...handshakes,
  {
    name: 'hello-retry-request',
    role: 'server',
    async run(context) {
      const groups = ':-GROUP-ALL:+GROUP-SECP256R1:+GROUP-SECP384R1';
      const args = [...pskArguments(), '--bytes', '1000', '--groups', groups];
      expectDone(await runPeerClient(context, args, { groups: ['secp384r1'] }));
      return 'secp256r1 offered, secp384r1 asked for';
    },
  },
  {
    name: 'binary-identity',
    role: 'server',
    async run(context) {
      let seen = '';
      const client = await runPeerClient(context, [...pskArguments(), '--bytes', '10'], {
        onSession: (session) => {
          session.onhandshake = (info) => {
            seen = toHex(info.psk?.identity ?? new Uint8Array());
          };
        },
      });
      expectDone(client);
      expect(seen === toHex(IDENTITY), `identity ${seen}`);
      return seen;
    },
  },
  {
    name: 'transfer-20mb',
    role: 'server',
    async run(context) {
      const started = performance.now();
      const args = [...pskArguments(), '--bytes', String(20 * MEGABYTE)];
      expectDone(await runPeerClient(context, args));
      return rate(20 * MEGABYTE, started);
    },
  },
  {
    name: 'key-update-by-peer',
    role: 'server',
    async run(context) {
      let updates = 0;
      const args = [...pskArguments(), '--bytes', String(20 * MEGABYTE), '-u', '1'];
      const client = await runPeerClient(context, args, {
        onSession: (session) => {
          session.onkeyupdate = () => {
            updates += 1;
          };
        },
      });
      expectDone(client);
      expect(updates > 0, 'no key update was seen', client.log);
      return `${updates} updates`;
    },
  },
  {
    name: 'key-update-by-us',
    role: 'server',
    async run(context) {
      let updated = false;
      const args = [...pskArguments(), '--bytes', String(20 * MEGABYTE)];
      const client = await runPeerClient(context, args, {
        onSession: (session) => {
          updateKey(session).then(
            () => {
              updated = true;
            },
            () => undefined,
          );
        },
      });
      expectDone(client);
      expect(updated, 'no key update was made', client.log);
      return undefined;
    },
  },
  {
    name: 'retry',
    role: 'server',
    async run(context) {
      const args = [...pskArguments(), '--bytes', '1000'];
      const client = await runPeerClient(context, args, { retry: true });
      expectDone(client);
      const seen = client.events.some(({ event }) => event === 'retry_received');
      expect(seen, 'no Retry came', client.log);
      return undefined;
    },
  },
  {
    // The ticket is of the peer's own server, so that only the PSK beside it is known to ours.
    name: 'ticket-after-psk',
    role: 'server',
    async run(context) {
      const file = join(context.folder, 'session');
      const { server, address } = await startPeerServer(context, ['--tickets']);
      const [, port = ''] = address.split(':');
      const first = ['--port', port, ...pskArguments(), '--bytes', '1000', '--alpn', 'perf'];
      const taught = new PeerProcess(
        QPSK_CLIENT,
        [...first, '--session-out', file],
        context.signal,
      );
      await taught.exit();
      server.kill();
      expect(existsSync(file), 'the peer kept no ticket of its own server', taught.log);
      const args = [...pskArguments(), '--bytes', '1000', '--session-in', file];
      let identity = '';
      const client = await runPeerClient(context, args, {
        onSession: (session) => {
          session.onhandshake = (info) => {
            identity = toHex(info.psk?.identity ?? new Uint8Array());
          };
        },
      });
      expectDone(client);
      expect(identity === toHex(IDENTITY), `identity ${identity}`);
      return 'a ticket and the PSK offered, the PSK taken';
    },
  },
  {
    name: 'datagrams',
    role: 'server',
    async run(context) {
      const args = [...pskArguments(), '--bytes', String(MEGABYTE), '-D', '20'];
      const client = await runPeerClient(context, args, { alpn: 'qpsk-echo' });
      expectDone(client);
      const done = client.events.find(({ event }) => event === 'done');
      expect(Number(done?.['datagramsEchoed']) === 20, 'not all datagrams came back', client.log);
      return undefined;
    },
  },
  {
    // Without datagrams, of which those echoed to the port that the client has left are lost.
    name: 'migration',
    role: 'server',
    async run(context) {
      const seen: string[] = [];
      const args = [...pskArguments(), '--bytes', String(5 * MEGABYTE), '-m'];
      const client = await runPeerClient(context, args, {
        alpn: 'qpsk-echo',
        onSession: (session) => {
          session.onpath = ({ type }) => void seen.push(type);
        },
      });
      expectDone(client);
      const validation = client.events.find(({ event }) => event === 'path_validation');
      expect(validation?.['ok'] === 1, 'the peer did not validate its new path', client.log);
      const validated = seen.indexOf('path_validated', seen.indexOf('path_migrated'));
      expect(validated > 0, `we saw ${seen.join(', ')}`, client.log);
      return 'to another port, with another connection ID';
    },
  },
  refused('wrong-key', pskArguments(IDENTITY, WRONG_KEY)),
  refused('unknown-identity', pskArguments(OTHER_IDENTITY)),
];
