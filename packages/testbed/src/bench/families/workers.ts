import { whyNot } from '../data-path.ts';
import { alternate, type BenchContext, type Effort, pause } from '../effort.ts';
import { type BenchProcess, type StartProcess, withProcesses } from '../process/bench-process.ts';
import type { Sample } from '../process/program.ts';
import {
  type BenchResult,
  type BenchSpec,
  type Measurement,
  summarize,
  unavailable,
} from '../result.ts';
import { noted } from './measure-specs.ts';

const dataPath = 'native';
const WORKERS = 2;
const CLIENTS = 2;
const STREAMS = 4;
/** The system picks a worker by random octets: clients are tried until each worker has one. */
const MOST_ATTEMPTS = 20;
/** Milliseconds. */
const POLL = 50;

/** How many of these there are, and who counts what arrives. */
interface Load {
  readonly startClient: (upf: BenchProcess, start: StartProcess) => Promise<BenchProcess>;
  /** Undefined where the clients count. */
  readonly target: BenchProcess | undefined;
}

interface WorkersSpec extends BenchSpec {
  readonly load: (start: StartProcess) => Promise<Load>;
}

/** What a second thread brings to a UPF with two clients, one at each. */
export const workersSpecs: readonly WorkersSpec[] = [
  {
    name: 'workers-2-bulk',
    title: 'Downloads of two clients from a UPF with two workers',
    unit: 'Gbit/s',
    load: async () => ({
      target: undefined,
      startClient: (upf, start) =>
        start('download', { dataPath, addresses: [upf.facts['access3gpp']], streams: STREAMS }),
    }),
  },
  {
    name: 'workers-2-connect-udp',
    title: 'UDP payloads of 1200 octets of two clients through a UPF with two workers to a target',
    unit: 'Gbit/s',
    load: async (start) => {
      const target = await start('udp-sink', { dataPath });
      const { port } = target.facts;
      return {
        target,
        startClient: (upf, start) =>
          start('udp-tunnel-source', { dataPath, address: upf.facts['access3gpp'], port }),
      };
    },
  },
];

/** Each beside the same with one thread, in turns. */
export async function runWorkers(
  specs: readonly WorkersSpec[],
  { effort, note }: BenchContext,
): Promise<BenchResult[]> {
  const reason = whyNot(dataPath);
  const results: BenchResult[] = [];
  for (const spec of specs) {
    if (reason !== undefined) {
      results.push(unavailable(spec, reason));
      continue;
    }
    const values = await alternate(effort.runs, {
      ours: noted(note, spec.name, () => measure(spec, WORKERS, effort)),
      reference: noted(note, 'one thread', () => measure(spec, 1, effort)),
    });
    const reference = { name: 'the same with one thread', measurements: values.reference };
    results.push(summarize(spec, values.ours, reference));
  }
  return results;
}

function measure({ load }: WorkersSpec, workers: number, effort: Effort): Promise<Measurement> {
  return withProcesses(async (start) => {
    const upf = await start('upf', { ues: 0, workers });
    const { target, startClient } = await load(start);
    const clients = await spread(upf, () => startClient(upf, start));
    await pause(4 * effort.warmUp);
    const processes = target === undefined ? [upf, ...clients] : [upf, ...clients, target];
    const before = await Promise.all(processes.map((process) => process.sample()));
    await pause(effort.duration);
    const after = await Promise.all(processes.map((process) => process.sample()));
    const used = processes.map((_, i) => difference(before[i] as Sample, after[i] as Sample));
    const others = used.slice(1);
    const received = target === undefined ? others : others.slice(-1);
    return {
      value: received.reduce((sum, { gigabits }) => sum + gigabits, 0),
      details: {
        'cores of the UPF': used[0]?.cores ?? 0,
        'cores of all others': others.reduce((sum, { cores }) => sum + cores, 0),
      },
    };
  });
}

/** Clients, as far as it goes one at each worker. */
async function spread(
  upf: BenchProcess,
  startClient: () => Promise<BenchProcess>,
): Promise<readonly BenchProcess[]> {
  const clients: BenchProcess[] = [];
  for (let attempt = 0; clients.length < CLIENTS; attempt++) {
    if (attempt === MOST_ATTEMPTS) throw new Error('all clients came to one worker');
    const client = await startClient();
    const counts = await connections(upf);
    if (counts.length > 1 && Math.max(...counts) > 1) {
      client.kill();
      // It says nothing: its connection goes when the UPF has heard nothing for a while.
      while ((await connections(upf)).reduce((a, b) => a + b) > clients.length) await pause(POLL);
    } else clients.push(client);
  }
  return clients;
}

/** Of each worker. */
async function connections(upf: BenchProcess): Promise<readonly number[]> {
  return (await upf.command('connections')) as readonly number[];
}

function difference(
  before: Sample,
  after: Sample,
): { readonly gigabits: number; readonly cores: number } {
  const microseconds = (after.milliseconds - before.milliseconds) * 1000;
  return {
    gigabits: ((after.bytes - before.bytes) * 8) / (microseconds * 1000),
    cores: (after.cpuMicroseconds - before.cpuMicroseconds) / microseconds,
  };
}
