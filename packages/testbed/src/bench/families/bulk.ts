import { whyNot } from '../data-path.ts';
import { alternate, type BenchContext, type Effort } from '../effort.ts';
import { withProcesses } from '../process/bench-process.ts';
import { ceilingIsBuilt, measureCeiling } from '../reference/ceiling.ts';
import { installedStacks, type OtherStack } from '../reference/other-stacks.ts';
import {
  type BenchGoal,
  type BenchResult,
  type Measurement,
  median,
  summarize,
  unavailable,
} from '../result.ts';
import { type DataPathSpec, noted } from './measure-specs.ts';
import { transferRate } from './transfer-rate.ts';

const PACKET_SIZE = 1452;
const STREAMS = 4;
const BARE = 'bare data path on node:dgram and node:crypto';
const CEILING = 'C ceiling';

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

/** Bulk download over one connection between two processes. */
export const bulkSpecs: readonly BulkSpec[] = [
  bulkSpec('fallback', 1, { of: 'ratio', atLeast: 0.8 }),
  bulkSpec('fallback', 2, { of: 'ratio', atLeast: 0.8 }),
  bulkSpec('native', 1, { of: 'ratio', atLeast: 1.5 }),
  bulkSpec('native', 2, { of: 'ratio', atLeast: 1.5 }),
];

/** Measures all of `specs` in turns, with the bare data path, the other stacks of this machine and the ceiling. */
export async function runBulk(
  specs: readonly BulkSpec[],
  { effort, note }: BenchContext,
): Promise<BenchResult[]> {
  const usable = specs.filter(({ dataPath }) => whyNot(dataPath) === undefined);
  const isNative = usable.some(({ dataPath }) => dataPath === 'native');
  const stacks = isNative ? await installedStacks(note) : [];
  const measure: Record<string, () => Promise<Measurement>> = {};
  for (const spec of usable) measure[spec.name] = noted(note, spec.name, () => ours(spec, effort));
  if (usable.length > 0) measure[BARE] = noted(note, BARE, () => reference(effort));
  for (const stack of stacks) {
    note(`${stack.name}: ${stack.remark}`);
    measure[stack.name] = noted(note, stack.name, () => stack.measure(effort));
  }
  if (isNative && ceilingIsBuilt()) {
    measure[CEILING] = noted(note, CEILING, () => measureCeiling(effort.duration, PACKET_SIZE));
  }
  const values = await alternate(effort.runs, measure);
  const results = specs.map((spec) => {
    const reason = whyNot(spec.dataPath);
    return reason === undefined ? compare(spec, values, stacks) : unavailable(spec, reason);
  });
  return results.map((result) => withCpuRatio(besideOnePath(result, results)));
}

/** Native against the fastest other stack, where there is one, and the ceiling; the fallback against its own data path. */
function compare(
  spec: BulkSpec,
  values: Readonly<Record<string, readonly Measurement[]>>,
  stacks: readonly OtherStack[],
): BenchResult {
  const own = values[spec.name] ?? [];
  const bare = { name: BARE, measurements: values[BARE] ?? [] };
  if (spec.dataPath === 'fallback') return summarize(spec, own, bare);
  const others = stacks
    .map(({ name }) => ({ name, measurements: values[name] ?? [] }))
    .sort((a, b) => middleOf(b.measurements) - middleOf(a.measurements));
  const ceiling = values[CEILING] ?? [];
  const extra: Record<string, number> = {
    'bare data path Gbit/s': middleOf(bare.measurements),
    ...Object.fromEntries(
      others.flatMap(({ name, measurements }) => [
        [`${name} Gbit/s`, middleOf(measurements)],
        [`${name} sender CPU us/packet`, middleOf(measurements, 'sender CPU us/packet')],
        [`${name} receiver CPU us/packet`, middleOf(measurements, 'receiver CPU us/packet')],
      ]),
    ),
    'C ceiling Gbit/s': middleOf(ceiling),
    'ratio to the C ceiling': middleOf(own) / middleOf(ceiling),
    'C ceiling: sender CPU us/packet': middleOf(ceiling, 'sender CPU us/packet'),
    'C ceiling: receiver CPU us/packet': middleOf(ceiling, 'receiver CPU us/packet'),
  };
  const shown = Object.entries(extra).map(([name, figure]) => [name, toFourDigits(figure)]);
  return summarize(spec, own, others[0] ?? bare, Object.fromEntries(shown));
}

function middleOf(measurements: readonly Measurement[], detail?: string): number {
  return median(
    measurements.map(({ value, details }) =>
      detail === undefined ? value : (details?.[detail] ?? Number.NaN),
    ),
  );
}

function toFourDigits(figure: number): number {
  return Number(figure.toPrecision(4));
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
