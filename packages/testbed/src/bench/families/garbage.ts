import { whyNot } from '../data-path.ts';
import { type BenchContext, pause } from '../effort.ts';
import type { Allocation } from '../process/allocations.ts';
import { type BenchProcess, withProcesses } from '../process/bench-process.ts';
import {
  type BenchResult,
  type BenchSpec,
  type Measurement,
  summarize,
  unavailable,
} from '../result.ts';
import { noted } from './measure-specs.ts';

const PATHS = 2;
const STREAMS = 4;
/** Sites shown beside the sum. */
const SHOWN = 6;

export interface GarbageSpec extends BenchSpec {
  readonly side: 'sender' | 'receiver';
}

/** What JavaScript allocates for each packet of a download: all of it is garbage soon. */
export const garbageSpecs: readonly GarbageSpec[] = (['sender', 'receiver'] as const).map(
  (side) => ({
    name: `garbage-${side}`,
    title: `JavaScript heap that the ${side} of a download over two paths allocates, native sockets`,
    unit: 'octets per packet',
    side,
  }),
);

/** A heap profile of both sides while data flows, with whatever was collected in the meantime. */
export async function runGarbage(
  specs: readonly GarbageSpec[],
  { effort, note }: BenchContext,
): Promise<BenchResult[]> {
  const reason = whyNot('native');
  if (reason !== undefined) return specs.map((spec) => unavailable(spec, reason));
  return withProcesses(async (start) => {
    const sender = await start('serve', { dataPath: 'native', paths: PATHS });
    const { addresses } = sender.facts;
    const receiver = await start('download', { dataPath: 'native', addresses, streams: STREAMS });
    await pause(4 * effort.warmUp);
    const results: BenchResult[] = [];
    for (const spec of specs) {
      const process = spec.side === 'sender' ? sender : receiver;
      const measure = noted(note, spec.name, () => garbageOf(process, effort.duration));
      const measurements: Measurement[] = [];
      for (let run = 0; run < effort.runs; run++) measurements.push(await measure());
      results.push(summarize(spec, measurements));
    }
    return results;
  });
}

async function garbageOf(process: BenchProcess, milliseconds: number): Promise<Measurement> {
  const before = await process.sample();
  const allocations = await process.allocations(milliseconds);
  const packets = (await process.sample()).packets - before.packets;
  const perPacket = ({ site, octets }: Allocation): [string, number] => [site, octets / packets];
  const sum = allocations.reduce((total, { octets }) => total + octets, 0);
  return {
    value: sum / packets,
    details: Object.fromEntries(allocations.slice(0, SHOWN).map(perPacket)),
  };
}
