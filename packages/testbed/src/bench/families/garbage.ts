import { whyNot } from '../data-path.ts';
import type { BenchContext } from '../effort.ts';
import { type Allocation, SamplingInterval } from '../process/allocations.ts';
import { type BenchProcess, withProcesses } from '../process/bench-process.ts';
import {
  type BenchResult,
  type BenchSpec,
  type Measurement,
  summarize,
  unavailable,
} from '../result.ts';
import { noted } from './measure-specs.ts';
import { warmUp } from './transfer-rate.ts';

const PATHS = 2;
const STREAMS = 4;
/** So many times as many packets as before other measurements: code that is not compiled yet makes objects of numbers. */
const WARM_UP = 4;
const WARM_UP_ROUNDS = 40;
/** Sites shown beside the sum. */
const SHOWN = 6;
/** Objects per packet of a function that allocates by the packet, rather than by the run or by the turn. */
const OFTEN = 0.5;
/** Milliseconds in which objects are counted. */
const COUNTED = 500;

type Side = 'sender' | 'receiver';
type FlowName = 'download' | 'datagrams';

export interface GarbageSpec extends BenchSpec {
  readonly flow: FlowName;
  readonly side: Side;
}

/** Both sides of what flows from one process to another. */
type Sides = { readonly [S in Side]: BenchProcess };
type Start = Parameters<Parameters<typeof withProcesses>[0]>[0];

const FLOWS: { readonly [F in FlowName]: (start: Start) => Promise<Sides> } = {
  async download(start) {
    const sender = await start('serve', { dataPath: 'native', paths: PATHS });
    const { addresses } = sender.facts;
    const receiver = await start('download', { dataPath: 'native', addresses, streams: STREAMS });
    return { sender, receiver };
  },
  async datagrams(start) {
    const receiver = await start('serve', { dataPath: 'native', paths: 1 });
    const [address] = receiver.facts['addresses'] as readonly string[];
    const sender = await start('datagram-source', { dataPath: 'native', address });
    return { sender, receiver };
  },
};

function garbageSpec(name: string, flow: FlowName, side: Side, of: string): GarbageSpec {
  const title = `JavaScript heap that the ${side} of ${of} allocates, native sockets`;
  return { name, title, unit: 'octets per packet', flow, side };
}

/** What JavaScript allocates for each packet: all of it is garbage soon. */
export const garbageSpecs: readonly GarbageSpec[] = [
  garbageSpec('garbage-sender', 'download', 'sender', 'a download over two paths'),
  {
    ...garbageSpec('garbage-receiver', 'download', 'receiver', 'a download over two paths'),
    goal: { of: 'median', atMost: 2 },
  },
  garbageSpec('garbage-datagrams-sender', 'datagrams', 'sender', 'DATAGRAM frames'),
  garbageSpec('garbage-datagrams-receiver', 'datagrams', 'receiver', 'DATAGRAM frames'),
];

/** A heap profile of both sides while data flows, with whatever was collected in the meantime. */
export async function runGarbage(
  specs: readonly GarbageSpec[],
  context: BenchContext,
): Promise<BenchResult[]> {
  const reason = whyNot('native');
  if (reason !== undefined) return specs.map((spec) => unavailable(spec, reason));
  const results: BenchResult[] = [];
  for (const flow of ['download', 'datagrams'] as const) {
    const wanted = specs.filter((spec) => spec.flow === flow);
    if (wanted.length > 0) results.push(...(await garbageOfFlow(flow, wanted, context)));
  }
  return results;
}

function garbageOfFlow(
  flow: FlowName,
  specs: readonly GarbageSpec[],
  { effort, note }: BenchContext,
): Promise<BenchResult[]> {
  return withProcesses(async (start) => {
    const sides = await FLOWS[flow](start);
    const packets = WARM_UP * effort.warmUpPackets;
    await warmUp(sides.receiver, { ...effort, warmUpPackets: packets }, WARM_UP_ROUNDS);
    const results: BenchResult[] = [];
    for (const spec of specs) {
      const measure = noted(note, spec.name, () => garbageOf(sides[spec.side], effort.duration));
      const measurements: Measurement[] = [];
      for (let run = 0; run < effort.runs; run++) measurements.push(await measure());
      results.push(summarize(spec, measurements));
    }
    return results;
  });
}

/** Octets by samples; then objects one by one, for a shorter time and at a lower rate of packets. */
async function garbageOf(process: BenchProcess, milliseconds: number): Promise<Measurement> {
  const { ordinary, everyObject } = SamplingInterval;
  const sampled = await allocationsPerPacket(process, milliseconds, ordinary);
  const counted = await allocationsPerPacket(process, COUNTED, everyObject);
  const octets = sampled.reduce((sum, site) => sum + site.octets, 0);
  const objects = counted.reduce((sum, site) => sum + site.objects, 0);
  const often = counted.filter((site) => site.objects >= OFTEN).length;
  return {
    value: octets,
    details: {
      'objects per packet': objects,
      'functions with an object for every other packet': often,
      ...Object.fromEntries(sampled.slice(0, SHOWN).map((site) => [site.site, site.octets])),
    },
  };
}

async function allocationsPerPacket(
  process: BenchProcess,
  milliseconds: number,
  samplingInterval: number,
): Promise<Allocation[]> {
  const before = await process.sample();
  const allocations = await process.allocations(milliseconds, samplingInterval);
  const packets = (await process.sample()).packets - before.packets;
  return allocations.map(({ site, octets, objects }) => ({
    site,
    octets: octets / packets,
    objects: objects / packets,
  }));
}
