import type { QuicSession } from '@mpquic/endpoint';
import { expect, type InteropCase } from '../matrix.ts';
import type { PeerProcess } from '../peer-process.ts';
import { pathFigures, runPeerClient } from './noq-setup.ts';
import { rate } from './qpsk-setup.ts';

const MEGABYTE = 1_000_000;

/** What our server saw of its one session. */
class Observation {
  session: QuicSession | undefined;
  readonly paths: string[] = [];
  keyUpdates = 0;

  readonly watch = (session: QuicSession): void => {
    this.session = session;
    session.onpath = (event) => {
      const detail = 'status' in event ? ` ${event.status}` : '';
      this.paths.push(`${event.type} ${event.pathId}${detail}`);
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
): InteropCase {
  return {
    name,
    role: 'server',
    async run(context) {
      const seen = new Observation();
      const started = performance.now();
      const client = await runPeerClient(context, args, seen.watch);
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
