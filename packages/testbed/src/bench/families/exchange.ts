import type { BenchContext } from '../effort.ts';
import { alternate, pause } from '../effort.ts';
import { withProcesses } from '../process/bench-process.ts';
import type { Latencies } from '../programs/latencies.ts';
import { type BenchResult, type BenchSpec, type Measurement, summarize } from '../result.ts';
import { noted } from './measure-specs.ts';

const REFERENCE = 'bare node:dgram';

export const exchangeSpecs: readonly BenchSpec[] = [
  {
    name: 'exchange-120-p50',
    title: '120 octets there and back in DATAGRAM frames, median',
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
    const server = await start('serve', { dataPath: 'fallback', paths: 1 });
    const [address] = server.facts['addresses'] as readonly string[];
    const client = await start('exchange', { dataPath: 'fallback', address });
    const echo = await start('bare-echo', {});
    const bare = await start('bare-exchange', { port: echo.facts['port'] });
    for (const process of [client, bare]) await process.command('datagram', warmUp);
    await client.command('stream', warmUp);
    await pause(50);
    const values = await alternate(effort.runs, {
      ours: noted(note, spec.name, async (): Promise<Measurement> => {
        const datagram = (await client.command('datagram', duration / 2)) as Latencies;
        const stream = (await client.command('stream', duration / 2)) as Latencies;
        return measured(datagram, {
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

function measured(
  { exchanges, p50, p99, cpuMicroseconds }: Latencies,
  details: Readonly<Record<string, number>>,
): Measurement {
  const cpu = cpuMicroseconds / exchanges;
  return { value: p50, details: { 'p99 us': p99, 'client CPU us/exchange': cpu, ...details } };
}
