import type { BenchContext, Effort } from '../effort.ts';
import { withProcesses } from '../process/bench-process.ts';
import type { BenchGoal, BenchResult, Measurement } from '../result.ts';
import { type DataPathSpec, measureSpecs } from './measure-specs.ts';
import { transferRate } from './transfer-rate.ts';

const PACKET_SIZE = 1350;
const STREAMS = 4;
const REFERENCE = 'bare data path on node:dgram and node:crypto';

export interface BulkSpec extends DataPathSpec {
  readonly paths: number;
}

function bulkSpec(dataPath: 'fallback' | 'native', paths: 1 | 2, goal?: BenchGoal): BulkSpec {
  const name = paths === 1 ? 'bulk-1path' : 'bulk-2paths';
  const below = dataPath === 'native' ? 'native sockets' : 'node:dgram and node:crypto';
  return {
    name: `${name}-${dataPath}`,
    title: `Download over ${paths === 1 ? 'one path' : 'two paths'}, ${below}`,
    unit: 'Gbit/s',
    ...(goal === undefined ? {} : { goal }),
    dataPath,
    paths,
  };
}

/** Bulk download over one connection between two processes, in turns with the bare data path. */
export const bulkSpecs: readonly BulkSpec[] = [
  bulkSpec('fallback', 1, { of: 'ratio', atLeast: 0.6 }),
  bulkSpec('fallback', 2, { of: 'ratio', atLeast: 0.6 }),
  bulkSpec('native', 1),
  bulkSpec('native', 2),
];

/** Measures all of `specs` in turns. */
export async function runBulk(
  specs: readonly BulkSpec[],
  context: BenchContext,
): Promise<BenchResult[]> {
  const { effort } = context;
  const measures = {
    ours: (spec: BulkSpec) => ours(spec, effort),
    reference: { name: REFERENCE, measure: () => reference(effort) },
  };
  const results = await measureSpecs(specs, measures, context);
  return results.map((result) => withCpuRatio(besideOnePath(result, results)));
}

/** Two paths also show their share of one path of the same run. */
function besideOnePath(result: BenchResult, results: readonly BenchResult[]): BenchResult {
  const single = result.name.replace('2paths', '1path');
  const onePath = results.find(({ name }) => name === single && name !== result.name);
  if (!onePath?.median || result.median === null) return result;
  const share = Number((result.median / onePath.median).toPrecision(4));
  return { ...result, details: { ...result.details, 'ratio to one path': share } };
}

/**
 * What the busier side could carry by its CPU time, ours to the reference's: the ratio as it would be with
 * nothing else on the machine.
 */
function withCpuRatio(result: BenchResult): BenchResult {
  const { details } = result;
  const busier = (prefix: string): number =>
    Math.max(
      details[`${prefix}sender CPU us/packet`] ?? Number.NaN,
      details[`${prefix}receiver CPU us/packet`] ?? Number.NaN,
    );
  const ratio = busier('reference: ') / busier('');
  if (Number.isNaN(ratio)) return result;
  return { ...result, details: { ...details, 'ratio by CPU time': Number(ratio.toPrecision(4)) } };
}

function ours({ dataPath, paths }: BulkSpec, effort: Effort): Promise<Measurement> {
  return withProcesses(async (start) => {
    const server = await start('serve', { dataPath, paths });
    const { addresses } = server.facts;
    const client = await start('download', { dataPath, addresses, streams: STREAMS });
    return transferRate(server, client, effort);
  });
}

function reference(effort: Effort): Promise<Measurement> {
  return withProcesses(async (start) => {
    const receiver = await start('reference-receiver', {});
    const { port } = receiver.facts;
    const settings = { port, packetSize: PACKET_SIZE, streams: STREAMS };
    const sender = await start('reference-sender', settings);
    await receiver.command('connect', sender.facts['port']);
    await sender.command('start');
    return transferRate(sender, receiver, effort);
  });
}
