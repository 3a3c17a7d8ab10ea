import { type DataPathName, whyNot } from '../data-path.ts';
import type { BenchContext } from '../effort.ts';
import { alternate } from '../effort.ts';
import { type BenchProcess, type StartProcess, withProcesses } from '../process/bench-process.ts';
import type { Latencies } from '../programs/latencies.ts';
import { type BenchResult, type BenchSpec, type Measurement, summarize } from '../result.ts';
import { noted } from './measure-specs.ts';

const REFERENCE = 'bare node:dgram';

export const exchangeSpecs: readonly BenchSpec[] = [
  {
    name: 'exchange-120-p50',
    title:
      '120 octets there and back in DATAGRAM frames, median; native sockets where there are any',
    unit: 'us',
    goal: { of: 'ratio', atMost: 1.3 },
  },
];

/** One exchange after the other between two processes, in turns with the same over bare sockets. */
export async function runExchange(
  specs: readonly BenchSpec[],
  { effort, note }: BenchContext,
): Promise<BenchResult[]> {
  const [spec] = specs;
  if (spec === undefined) return [];
  const { duration, warmUp } = effort;
  return withProcesses(async (start) => {
    const best = whyNot('native') === undefined ? 'native' : 'fallback';
    const client = await startEchoed(start, best);
    const slower = await startEchoed(start, 'fallback');
    const echo = await start('bare-echo', {});
    const bare = await start('bare-exchange', { port: echo.facts['port'] });
    for (const process of [client, slower, bare]) await process.command('datagram', 4 * warmUp);
    await client.command('stream', 2 * warmUp);
    const values = await alternate(effort.runs, {
      ours: noted(note, spec.name, async (): Promise<Measurement> => {
        const datagram = (await client.command('datagram', duration / 2)) as Latencies;
        const fallback = (await slower.command('datagram', duration / 2)) as Latencies;
        const stream = (await client.command('stream', duration / 2)) as Latencies;
        return measured(datagram, {
          'p50 us over node:dgram and node:crypto': fallback.p50,
          'p50 us on a stream': stream.p50,
          'p99 us on a stream': stream.p99,
        });
      }),
      reference: noted(note, REFERENCE, async () =>
        measured((await bare.command('datagram', duration / 2)) as Latencies, {}),
      ),
    });
    const compared = { name: REFERENCE, measurements: values.reference };
    return [summarize(spec, values.ours, compared)];
  });
}

async function startEchoed(start: StartProcess, dataPath: DataPathName): Promise<BenchProcess> {
  const server = await start('serve', { dataPath, paths: 1 });
  const [address] = server.facts['addresses'] as readonly string[];
  return start('exchange', { dataPath, address });
}

function measured(
  { exchanges, p50, p99, cpuMicroseconds }: Latencies,
  details: Readonly<Record<string, number>>,
): Measurement {
  const cpu = cpuMicroseconds / exchanges;
  return { value: p50, details: { 'p99 us': p99, 'client CPU us/exchange': cpu, ...details } };
}
