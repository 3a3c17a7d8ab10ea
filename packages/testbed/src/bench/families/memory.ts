import type { BenchContext } from '../effort.ts';
import { pause } from '../effort.ts';
import { type BenchProcess, withProcesses } from '../process/bench-process.ts';
import { type BenchResult, type BenchSpec, type Measurement, summarize } from '../result.ts';

const COLLECT = ['--expose-gc'];
/** Sessions that are open before counting begins: what is made once is not a session's. */
const FIRST_SESSIONS = 50;
const MAX_COLLECTIONS = 10;
/** Milliseconds. */
const BETWEEN_COLLECTIONS = 300;
/** Memory that falls by less than one part in two hundred has settled. */
const SETTLED = 0.995;

export const memorySpecs: readonly BenchSpec[] = [
  {
    name: 'memory-per-connection-10000',
    title: 'Resident memory of the server per idle connection, 10,000 of them',
    unit: 'KiB',
    goal: { of: 'median', atMost: 24 },
  },
];

/** One measurement: what is resident in a server before and after the connections. */
export async function runMemory(
  specs: readonly BenchSpec[],
  { effort, note }: BenchContext,
): Promise<BenchResult[]> {
  const [spec] = specs;
  if (spec === undefined) return [];
  const count = effort.population;
  const measurement = await withProcesses(async (start): Promise<Measurement> => {
    const server = await start('serve', { dataPath: 'fallback', paths: 1 }, COLLECT);
    const [address] = server.facts['addresses'] as readonly string[];
    const opener = await start('session-opener', { dataPath: 'fallback', address }, COLLECT);
    await opener.command('open', FIRST_SESSIONS);
    const before = [await resident(server), await resident(opener)] as const;
    const started = performance.now();
    note(`${spec.name}: opening ${count} connections`);
    const step = Math.ceil(count / 10);
    for (let open = step; open <= count; open += step) {
      await opener.command('open', FIRST_SESSIONS + open);
      note(`${spec.name}: ${open} open`);
    }
    const seconds = (performance.now() - started) / 1000;
    // Connection state that is released some time after the handshake is not counted.
    await pause(effort.warmUp);
    const after = [await resident(server), await resident(opener)] as const;
    const opened = (await opener.sample()).packets - FIRST_SESSIONS;
    return {
      value: kibibytes(after[0] - before[0]) / opened,
      details: {
        'KiB per connection at the client': kibibytes(after[1] - before[1]) / opened,
        'connections open': opened,
        'opened per second': opened / seconds,
      },
    };
  });
  return [summarize(spec, [measurement])];
}

/** Collects until no more comes of it: on a busy machine, pages are given back some time after the collection. */
async function resident(process: BenchProcess): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < MAX_COLLECTIONS; round++) {
    await process.collectGarbage();
    await pause(BETWEEN_COLLECTIONS);
    const { residentBytes } = await process.sample();
    if (residentBytes > least * SETTLED) return Math.min(residentBytes, least);
    least = residentBytes;
  }
  return least;
}

function kibibytes(octets: number): number {
  return octets / 1024;
}
