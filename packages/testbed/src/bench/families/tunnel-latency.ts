import { whyNot } from '../data-path.ts';
import { alternate, type BenchContext } from '../effort.ts';
import { withProcesses } from '../process/bench-process.ts';
import type { Latencies } from '../programs/latencies.ts';
import { type BenchResult, type BenchSpec, type Measurement, summarize } from '../result.ts';
import { noted } from './measure-specs.ts';

const REFERENCE = 'the target without a proxy, over bare node:dgram';

export const tunnelLatencySpecs: readonly BenchSpec[] = [
  {
    name: 'connect-udp-latency',
    title:
      '120 octets through CONNECT-UDP to a target that echoes, and back, median; native sockets where there are any',
    unit: 'us',
  },
];

/** One datagram after the other: how much longer each takes because of the tunnel. */
export async function runTunnelLatency(
  specs: readonly BenchSpec[],
  { effort, note }: BenchContext,
): Promise<BenchResult[]> {
  const [spec] = specs;
  if (spec === undefined) return [];
  const { duration, warmUp } = effort;
  const dataPath = whyNot('native') === undefined ? 'native' : 'fallback';
  return withProcesses(async (start) => {
    const target = await start('bare-echo', {});
    const { port } = target.facts;
    const proxy = await start('udp-proxy', { dataPath });
    const [address] = proxy.facts['addresses'] as readonly string[];
    const client = await start('tunnel-exchange', { dataPath, address, port });
    const bare = await start('bare-exchange', { port });
    for (const process of [client, bare]) await process.command('datagram', 4 * warmUp);
    const measure = async (process: typeof client): Promise<Measurement> => {
      const { p50, p99 } = (await process.command('datagram', duration / 2)) as Latencies;
      return { value: p50, details: { 'p99 us': p99 } };
    };
    const values = await alternate(effort.runs, {
      ours: noted(note, spec.name, () => measure(client)),
      reference: noted(note, REFERENCE, () => measure(bare)),
    });
    const compared = { name: REFERENCE, measurements: values.reference };
    return [withAdded(summarize(spec, values.ours, compared))];
  });
}

/** What the tunnel adds, in both directions together. */
function withAdded(result: BenchResult): BenchResult {
  const { median, reference, details } = result;
  if (median === null || reference === null) return result;
  const p99 = (details['p99 us'] ?? Number.NaN) - (details['reference: p99 us'] ?? Number.NaN);
  const added = { 'added p50 us': round(median - reference.median), 'added p99 us': round(p99) };
  return { ...result, details: { ...details, ...added } };
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
