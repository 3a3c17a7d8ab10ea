import type { QuicSession } from '@mpquic/endpoint';
import { expect, type InteropCase } from '../matrix.ts';
import type { PeerProcess } from '../peer-process.ts';
import type { RebindingNat } from '../quic/rebinding-nat.ts';
import { updateKey } from '../quic/update-key.ts';
import { pathFigures, runPeerClient, SECOND_HOST } from './noq-setup.ts';
import { rate } from './qpsk-setup.ts';

const MEGABYTE = 1_000_000;

/** What our server does once path 1 is there. */
type Act = (session: QuicSession, nat: RebindingNat) => void;

/** What our server saw of its one session. */
class Observation {
  session: QuicSession | undefined;
  readonly paths: string[] = [];
  keyUpdates = 0;

  readonly watch = (session: QuicSession, nat: RebindingNat, act?: Act): void => {
    this.session = session;
    session.onpath = (event) => {
      const detail = 'status' in event ? ` ${event.status}` : '';
      this.paths.push(`${event.type} ${event.pathId}${detail}`);
      if (event.type === 'path_validated' && event.pathId === 1) act?.(session, nat);
    };
    session.onkeyupdate = () => {
      this.keyUpdates += 1;
    };
  };

  /** Whether `text` is among the path events. */
  saw(text: string): void {
    expect(this.paths.includes(text), `no "${text}" among ${this.paths.join(', ')}`);
  }
}

function multipathCase(
  name: string,
  args: readonly string[],
  check: (seen: Observation, client: PeerProcess, started: number) => string | undefined,
  act?: Act,
): InteropCase {
  return {
    name,
    role: 'server',
    async run(context) {
      const seen = new Observation();
      const started = performance.now();
      const client = await runPeerClient(context, args, (session, nat) => {
        seen.watch(session, nat, act);
      });
      return check(seen, client, started);
    },
  };
}

/** noq's client against our server: multipath with certificates. */
export const serverCases: readonly InteropCase[] = [
  multipathCase('mp-handshake', [], (seen) => {
    seen.saw('path_validated 1');
    expect(seen.session?.multipath === true, 'no multipath');
    return undefined;
  }),
  multipathCase('mp-transfer', ['--bytes', String(20 * MEGABYTE)], (_, client, started) => {
    const done = client.events.find(({ event }) => event === 'done') ?? {};
    const received = pathFigures(done).map((path) => path.received);
    const used = received.length === 2 && received.every((octets) => octets > MEGABYTE / 10);
    expect(used, `octets by path: ${received.join(', ')}`, client.log);
    return `${rate(20 * MEGABYTE, started)}; ${received.join(' and ')} octets`;
  }),
  multipathCase('mp-status-by-peer', ['--backup', '--bytes', String(MEGABYTE)], (seen) => {
    seen.saw('path_status 1 backup');
    return undefined;
  }),
  multipathCase('mp-abandon-by-peer', ['--abandon', '--bytes', String(MEGABYTE)], (seen) => {
    seen.saw('path_closed 1');
    return undefined;
  }),
  multipathCase(
    'mp-status-by-us',
    ['--bytes', String(20 * MEGABYTE)],
    (_, client) => {
      const told = client.events.some(
        ({ type, id, detail }) => type === 'status' && id === 1 && detail === 'Backup',
      );
      expect(told, 'the peer saw no PATH_STATUS_BACKUP', client.log);
      return undefined;
    },
    (session) => session.setPathStatus(1, 'backup'),
  ),
  multipathCase(
    'mp-abandon-by-us',
    ['--bytes', String(20 * MEGABYTE)],
    (_, client) => {
      const told = client.events.some(({ type, id }) => type === 'abandoned' && id === 1);
      expect(told, 'the peer saw no PATH_ABANDON', client.log);
      return undefined;
    },
    (session) => session.closePath(1),
  ),
  multipathCase(
    'mp-key-update-by-us',
    ['--bytes', String(20 * MEGABYTE)],
    (seen) => {
      expect(seen.keyUpdates > 0, 'no key update was made');
      return undefined;
    },
    (session) => void updateKey(session).catch(() => undefined),
  ),
  multipathCase(
    'mp-pathdown',
    ['--bytes', String(20 * MEGABYTE)],
    (seen) => {
      seen.saw('path_suspect 1');
      return 'path 1 cut without a word while 20 MB went';
    },
    (_, nat) => nat.cut(SECOND_HOST),
  ),
  multipathCase('mp-churn', ['--churn', '8', '--bytes', String(MEGABYTE)], (seen) => {
    seen.saw('path_validated 9');
    return 'nine paths one after the other, by MAX_PATH_ID';
  }),
  multipathCase(
    'mp-key-update-by-peer',
    ['--key-update', '--bytes', String(5 * MEGABYTE)],
    (seen) => {
      expect(seen.keyUpdates > 0, 'no key update was seen');
      return undefined;
    },
  ),
];
