import { whyNot } from '../data-path.ts';
import { alternate, type BenchContext, type Effort } from '../effort.ts';
import { type BenchProcess, withProcesses } from '../process/bench-process.ts';
import {
  type BenchResult,
  type BenchSpec,
  type Measurement,
  summarize,
  unavailable,
} from '../result.ts';
import { noted } from './measure-specs.ts';
import { transferRate } from './transfer-rate.ts';

const STREAMS = 4;
const COUNTS = [1, 10, 100, 1000, 10_000] as const;
const dataPath = whyNot('native') === undefined ? 'native' : 'fallback';

export interface CostSpec extends BenchSpec {
  /** Connections that are open at the server. */
  readonly connections: number;
}

/** What one exchange costs a server, over more and more connections. */
export const costSpecs: readonly CostSpec[] = COUNTS.map((connections) => ({
  name: `cost-${connections}-open`,
  title: `CPU time of the server for an exchange of 120 octets, ${connections} connections in turn`,
  unit: 'CPU us per exchange',
  connections,
}));

/** What a server with many idle connections still carries over one. */
export const crowdedSpecs: readonly BenchSpec[] = [
  {
    name: 'throughput-10000-open',
    title: 'Download over one connection beside 10,000 idle ones',
    unit: 'Gbit/s',
    goal: { of: 'ratio', atLeast: 0.8 },
  },
];

/** Measures ever more connections; the first figure is what the others are compared with. */
export async function runCost(
  specs: readonly CostSpec[],
  { effort, note }: BenchContext,
): Promise<BenchResult[]> {
  return withProcesses(async (start) => {
    const server = await start('serve', { dataPath, paths: 1 });
    const [address] = server.facts['addresses'] as readonly string[];
    const crowd = await start('crowd', { dataPath, address });
    await crowd.command('exchange', 4 * effort.warmUp);
    const results: BenchResult[] = [];
    let alone: { readonly name: string; readonly measurements: Measurement[] } | undefined;
    for (const spec of specs) {
      if (spec.connections > effort.population) {
        results.push(unavailable(spec, 'more connections than --population'));
        continue;
      }
      await crowd.command('open', spec.connections);
      await crowd.command('exchange', effort.warmUp);
      const measure = noted(note, spec.name, () => exchangeCost(server, crowd, effort));
      const measurements: Measurement[] = [];
      for (let run = 0; run < effort.runs; run++) measurements.push(await measure());
      results.push(summarize(spec, measurements, alone));
      alone ??= { name: spec.name, measurements };
    }
    return results;
  });
}

async function exchangeCost(
  server: BenchProcess,
  crowd: BenchProcess,
  { duration }: Effort,
): Promise<Measurement> {
  const sides = [server, crowd] as const;
  const before = await Promise.all(sides.map((side) => side.sample()));
  const exchanges = (await crowd.command('exchange', duration)) as number;
  const after = await Promise.all(sides.map((side) => side.sample()));
  const cost = (side: number): number =>
    ((after[side]?.cpuMicroseconds ?? 0) - (before[side]?.cpuMicroseconds ?? 0)) / exchanges;
  return {
    value: cost(0),
    details: { 'client CPU us/exchange': cost(1), 'exchanges/s': (exchanges * 1000) / duration },
  };
}

/** Downloads from a server with many open connections, in turns with one that has no other. */
export async function runCrowded(
  specs: readonly BenchSpec[],
  { effort, note }: BenchContext,
): Promise<BenchResult[]> {
  const [spec] = specs;
  if (spec === undefined) return [];
  return withProcesses(async (start) => {
    const servers = {
      crowded: await start('serve', { dataPath, paths: 1 }),
      lone: await start('serve', { dataPath, paths: 1 }),
    };
    const [address] = servers.crowded.facts['addresses'] as readonly string[];
    const crowd = await start('crowd', { dataPath, address });
    note(`${spec.name}: opening ${effort.population} connections`);
    for (let part = 1; part <= 10; part++) {
      await crowd.command('open', Math.ceil((effort.population * part) / 10));
    }
    const values = await alternate(effort.runs, {
      crowded: noted(note, spec.name, () => downloadFrom(servers.crowded, effort)),
      lone: noted(note, 'one connection', () => downloadFrom(servers.lone, effort)),
    });
    const open = (await crowd.sample()).packets;
    const compared = { name: 'the same, no other connection', measurements: values.lone };
    return [summarize(spec, values.crowded, compared, { 'connections open': open })];
  });
}

function downloadFrom(server: BenchProcess, effort: Effort): Promise<Measurement> {
  return withProcesses(async (start) => {
    const { addresses } = server.facts;
    const client = await start('download', { dataPath, addresses, streams: STREAMS });
    return transferRate(server, client, effort);
  });
}
