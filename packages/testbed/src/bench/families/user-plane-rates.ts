import { type DataPathName, whyNot } from '../data-path.ts';
import { alternate, type BenchContext, type Effort } from '../effort.ts';
import { withProcesses } from '../process/bench-process.ts';
import { type BenchResult, type Measurement, summarize, unavailable } from '../result.ts';
import { type DataPathSpec, noted } from './measure-specs.ts';
import { transferRate } from './transfer-rate.ts';

const PAYLOAD_LENGTH = 1200;

/** What a rate is measured with, and what it is held against. */
interface RateSpec extends DataPathSpec {
  readonly ours: RateName;
  readonly reference: RateName;
}

type RateName = 'stream' | 'datagrams' | 'payloads' | 'tunnel';

interface Rate {
  readonly title: string;
  readonly measure: (dataPath: DataPathName, effort: Effort) => Promise<Measurement>;
}

/** Payload octets from one process to another, one way. */
const RATES: { readonly [N in RateName]: Rate } = {
  stream: { title: 'bulk stream', measure: streamRate },
  datagrams: { title: 'DATAGRAM frames that fill their packets', measure: fullDatagramRate },
  payloads: { title: 'DATAGRAM frames of 1200 octets', measure: payloadRate },
  tunnel: { title: 'UDP payloads of 1200 octets by CONNECT-UDP to a target', measure: tunnelRate },
};

function rateSpec(
  name: string,
  dataPath: DataPathName,
  [ours, reference]: readonly [RateName, RateName],
  atLeast: number,
): RateSpec {
  const below = dataPath === 'native' ? 'native sockets' : 'node:dgram and node:crypto';
  return {
    name: `${name}-${dataPath}`,
    title: `${RATES[ours].title}, one way, ${below}`,
    unit: 'Gbit/s',
    goal: { of: 'ratio', atLeast },
    dataPath,
    ours,
    reference,
  };
}

const DATAGRAMS_TO_STREAM = ['datagrams', 'stream'] as const;
const TUNNEL_TO_DATAGRAMS = ['tunnel', 'payloads'] as const;

/** Each rate of the user plane beside that of the layer below it, over the same sockets, in the same run. */
export const userPlaneRateSpecs: readonly RateSpec[] = [
  rateSpec('datagrams-to-stream', 'native', DATAGRAMS_TO_STREAM, 0.7),
  rateSpec('datagrams-to-stream', 'fallback', DATAGRAMS_TO_STREAM, 0.7),
  rateSpec('connect-udp-to-datagrams', 'native', TUNNEL_TO_DATAGRAMS, 0.6),
  rateSpec('connect-udp-to-datagrams', 'fallback', TUNNEL_TO_DATAGRAMS, 0.6),
];

export async function runUserPlaneRates(
  specs: readonly RateSpec[],
  context: BenchContext,
): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const spec of specs) results.push(await compare(spec, context));
  return results;
}

async function compare(spec: RateSpec, { effort, note }: BenchContext): Promise<BenchResult> {
  const { dataPath } = spec;
  const reason = whyNot(dataPath);
  if (reason !== undefined) return unavailable(spec, reason);
  const [ours, reference] = [RATES[spec.ours], RATES[spec.reference]];
  const values = await alternate(effort.runs, {
    ours: noted(note, spec.name, () => ours.measure(dataPath, effort)),
    reference: noted(note, reference.title, () => reference.measure(dataPath, effort)),
  });
  const compared = { name: reference.title, measurements: values.reference };
  return summarize(spec, values.ours, compared);
}

function streamRate(dataPath: DataPathName, effort: Effort): Promise<Measurement> {
  return withProcesses(async (start) => {
    const server = await start('serve', { dataPath, paths: 1 });
    const { addresses } = server.facts;
    const client = await start('download', { dataPath, addresses, streams: 1 });
    return transferRate(server, client, effort);
  });
}

function fullDatagramRate(dataPath: DataPathName, effort: Effort): Promise<Measurement> {
  return datagramRate(dataPath, effort, {});
}

function payloadRate(dataPath: DataPathName, effort: Effort): Promise<Measurement> {
  return datagramRate(dataPath, effort, { length: PAYLOAD_LENGTH });
}

function datagramRate(
  dataPath: DataPathName,
  effort: Effort,
  settings: { readonly length?: number },
): Promise<Measurement> {
  return withProcesses(async (start) => {
    const server = await start('serve', { dataPath, paths: 1 });
    const [address] = server.facts['addresses'] as readonly string[];
    const source = await start('datagram-source', { dataPath, address, ...settings });
    return transferRate(source, server, effort);
  });
}

/** Client, proxy and target in three processes; what arrives at the target counts. */
function tunnelRate(dataPath: DataPathName, effort: Effort): Promise<Measurement> {
  return withProcesses(async (start) => {
    const target = await start('udp-sink', { dataPath });
    const proxy = await start('udp-proxy', { dataPath });
    const [address] = proxy.facts['addresses'] as readonly string[];
    const { port } = target.facts;
    const source = await start('udp-tunnel-source', { dataPath, address, port });
    const before = await proxy.sample();
    const measured = await transferRate(source, target, effort);
    const after = await proxy.sample();
    const cpu = after.cpuMicroseconds - before.cpuMicroseconds;
    const details = { ...measured.details, 'proxy CPU us/packet': cpu / after.packets };
    return { ...measured, details };
  });
}
