import type { DataPathName } from '../data-path.ts';
import { findDataPath } from '../data-path.ts';
import { alternate, type BenchContext } from '../effort.ts';
import { BenchProcess } from '../process/bench-process.ts';
import {
  type BenchResult,
  type BenchSpec,
  type Measurement,
  summarize,
  unavailable,
} from '../result.ts';
import { transferRate } from './transfer-rate.ts';

const PACKET_SIZE = 1350;
const STREAMS = 4;
const REFERENCE = 'bare data path on node:dgram and node:crypto';

export interface BulkSpec extends BenchSpec {
  readonly dataPath: DataPathName;
  readonly paths: number;
}

/** Bulk download over one connection between two processes, in turns with the bare data path. */
export const bulkSpecs: readonly BulkSpec[] = [
  {
    name: 'bulk-1path-fallback',
    title: 'Download over one path, node:dgram and node:crypto',
    unit: 'Gbit/s',
    goal: { of: 'ratio', atLeast: 0.6 },
    dataPath: 'fallback',
    paths: 1,
  },
  {
    name: 'bulk-2paths-fallback',
    title: 'Download over two paths, node:dgram and node:crypto',
    unit: 'Gbit/s',
    goal: { of: 'ratio', atLeast: 0.6 },
    dataPath: 'fallback',
    paths: 2,
  },
  {
    name: 'bulk-1path-native',
    title: 'Download over one path, native sockets and protection',
    unit: 'Gbit/s',
    dataPath: 'native',
    paths: 1,
  },
  {
    name: 'bulk-2paths-native',
    title: 'Download over two paths, native sockets and protection',
    unit: 'Gbit/s',
    dataPath: 'native',
    paths: 2,
  },
];

/** Measures all of `specs` in turns. */
export async function runBulk(
  specs: readonly BulkSpec[],
  { effort, note }: BenchContext,
): Promise<BenchResult[]> {
  const missing = new Map<string, string>();
  const measure: Record<string, () => Promise<Measurement>> = {};
  for (const spec of specs) {
    const found = await findDataPath(spec.dataPath);
    if (typeof found === 'string') missing.set(spec.name, found);
    else measure[spec.name] = noted(note, spec.name, () => ours(spec, effort));
  }
  if (missing.size < specs.length) {
    measure['reference'] = noted(note, REFERENCE, () => reference(effort));
  }
  const values = await alternate(effort.runs, measure);
  return specs.map((spec) => {
    const reason = missing.get(spec.name);
    if (reason !== undefined) return unavailable(spec, reason);
    return summarize(spec, values[spec.name] ?? [], {
      name: REFERENCE,
      measurements: values['reference'] ?? [],
    });
  });
}

async function ours(
  { dataPath, paths }: BulkSpec,
  effort: BenchContext['effort'],
): Promise<Measurement> {
  const server = await BenchProcess.start('serve', { dataPath, paths });
  try {
    const { addresses } = server.facts;
    const client = await BenchProcess.start('download', { dataPath, addresses, streams: STREAMS });
    try {
      return await transferRate(server, client, effort);
    } finally {
      client.kill();
    }
  } finally {
    server.kill();
  }
}

async function reference(effort: BenchContext['effort']): Promise<Measurement> {
  const receiver = await BenchProcess.start('reference-receiver', {});
  try {
    const { port } = receiver.facts;
    const settings = { port, packetSize: PACKET_SIZE, streams: STREAMS };
    const sender = await BenchProcess.start('reference-sender', settings);
    try {
      await receiver.command('connect', sender.facts['port']);
      await sender.command('start');
      return await transferRate(sender, receiver, effort);
    } finally {
      sender.kill();
    }
  } finally {
    receiver.kill();
  }
}

/** Says what each measurement came to. */
function noted(
  note: (text: string) => void,
  name: string,
  measure: () => Promise<Measurement>,
): () => Promise<Measurement> {
  return async () => {
    const measurement = await measure();
    const details = Object.entries(measurement.details ?? {})
      .map(([key, value]) => `${key} ${value.toFixed(2)}`)
      .join(', ');
    note(`${name}: ${measurement.value.toFixed(3)} (${details})`);
    return measurement;
  };
}
