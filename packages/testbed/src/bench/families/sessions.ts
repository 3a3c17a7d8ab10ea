import type { BenchContext } from '../effort.ts';
import { withProcesses } from '../process/bench-process.ts';
import { SESSIONS_PER_UE } from '../programs/ues.ts';
import { type BenchResult, type BenchSpec, type Measurement, summarize } from '../result.ts';

const COLLECT = ['--expose-gc'];

interface SessionsSpec extends BenchSpec {
  readonly sbiTransport: 'local' | 'http2';
}

export const sessionSpecs: readonly SessionsSpec[] = [
  {
    name: 'sessions',
    title:
      'MA PDU sessions with PSK through all functions of the core and the UPF, SBI within the process',
    unit: 'sessions per CPU second',
    goal: { of: 'median', atLeast: 500 },
    sbiTransport: 'local',
  },
  {
    name: 'sessions-http2',
    title: 'MA PDU sessions with PSK through all functions, SBI over HTTP/2',
    unit: 'sessions per CPU second',
    sbiTransport: 'http2',
  },
];

/** One measurement each: core and UPF in one process, whose CPU time counts, the UEs in another. */
export async function runSessions(
  specs: readonly SessionsSpec[],
  context: BenchContext,
): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const spec of specs) results.push(summarize(spec, [await measure(spec, context)]));
  return results;
}

function measure(
  { name, sbiTransport }: SessionsSpec,
  { effort, note }: BenchContext,
): Promise<Measurement> {
  const sessions = effort.population;
  const ueCount = Math.ceil(sessions / SESSIONS_PER_UE);
  return withProcesses(async (start) => {
    const core = await start('core-and-upf', { sbiTransport, subscribers: ueCount }, COLLECT);
    const ues = await start('ues', { ...core.facts, count: ueCount });
    note(`${name}: registering ${ueCount} UEs`);
    const atStart = await core.sample();
    const registering = Number(await ues.command('register'));
    await core.collectGarbage();
    const before = await core.sample();
    note(`${name}: setting up ${sessions} sessions`);
    const milliseconds = Number(await ues.command('sessions', sessions));
    const after = await core.sample();
    await core.collectGarbage();
    const settled = await core.sample();
    if (after.packets !== sessions) {
      throw new Error(`the core has ${after.packets} of ${sessions} sessions`);
    }
    return {
      value: (sessions * 1e6) / (after.cpuMicroseconds - before.cpuMicroseconds),
      details: {
        'sessions/s': (sessions * 1000) / milliseconds,
        'KiB per session': (settled.residentBytes - before.residentBytes) / 1024 / sessions,
        'registrations/s': (ueCount * 1000) / registering,
        'registrations per CPU second':
          (ueCount * 1e6) / (before.cpuMicroseconds - atStart.cpuMicroseconds),
      },
    };
  });
}
