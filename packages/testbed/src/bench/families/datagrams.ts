import type { DataPathName } from '../data-path.ts';
import type { BenchContext, Effort } from '../effort.ts';
import { withProcesses } from '../process/bench-process.ts';
import type { BenchResult, Measurement } from '../result.ts';
import { besideFallback } from './beside-fallback.ts';
import type { DataPathSpec } from './measure-specs.ts';
import { transferRate } from './transfer-rate.ts';

export const datagramSpecs: readonly DataPathSpec[] = [
  {
    name: 'datagrams-native',
    title: 'DATAGRAM frames that fill their packets, native sockets',
    unit: 'Gbit/s',
    dataPath: 'native',
  },
];

/** From one process to another, beside the same over the fallback. */
export function runDatagrams(
  specs: readonly DataPathSpec[],
  context: BenchContext,
): Promise<BenchResult[]> {
  return besideFallback(specs, context, (dataPath) => measure(dataPath, context.effort));
}

function measure(dataPath: DataPathName, effort: Effort): Promise<Measurement> {
  return withProcesses(async (start) => {
    const server = await start('serve', { dataPath, paths: 1 });
    const [address] = server.facts['addresses'] as readonly string[];
    const source = await start('datagram-source', { dataPath, address });
    return transferRate(source, server, effort);
  });
}
