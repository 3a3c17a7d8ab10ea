import { whyNot } from '../data-path.ts';
import type { BenchContext, Effort } from '../effort.ts';
import { alternate } from '../effort.ts';
import { withProcesses } from '../process/bench-process.ts';
import { type BenchResult, type Measurement, summarize, unavailable } from '../result.ts';
import { type DataPathSpec, noted } from './measure-specs.ts';
import { transferRate } from './transfer-rate.ts';

const REFERENCE = 'the same over node:dgram and node:crypto';

export const datagramSpecs: readonly DataPathSpec[] = [
  {
    name: 'datagrams-native',
    title: 'DATAGRAM frames that fill their packets, native sockets',
    unit: 'Gbit/s',
    dataPath: 'native',
  },
];

/** From one process to another, beside the same over the fallback. */
export async function runDatagrams(
  specs: readonly DataPathSpec[],
  { effort, note }: BenchContext,
): Promise<BenchResult[]> {
  const [spec] = specs;
  if (spec === undefined) return [];
  const reason = whyNot(spec.dataPath);
  if (reason !== undefined) return [unavailable(spec, reason)];
  const values = await alternate(effort.runs, {
    ours: noted(note, spec.name, () => measure('native', effort)),
    reference: noted(note, REFERENCE, () => measure('fallback', effort)),
  });
  return [summarize(spec, values.ours, { name: REFERENCE, measurements: values.reference })];
}

function measure(dataPath: 'fallback' | 'native', effort: Effort): Promise<Measurement> {
  return withProcesses(async (start) => {
    const server = await start('serve', { dataPath, paths: 1 });
    const [address] = server.facts['addresses'] as readonly string[];
    const source = await start('datagram-source', { dataPath, address });
    return transferRate(source, server, effort);
  });
}
