import { whyNot } from '../data-path.ts';
import type { BenchContext, Effort } from '../effort.ts';
import { alternate } from '../effort.ts';
import { withProcesses } from '../process/bench-process.ts';
import { type BenchResult, type Measurement, summarize, unavailable } from '../result.ts';
import { type DataPathSpec, noted } from './measure-specs.ts';
import { transferRate } from './transfer-rate.ts';

const REFERENCE = 'the same over node:dgram and node:crypto';

export const connectUdpSpecs: readonly DataPathSpec[] = [
  {
    name: 'connect-udp-native',
    title:
      'UDP payloads of 1200 octets through CONNECT-UDP to a target that echoes, and back; native sockets',
    unit: 'Gbit/s',
    dataPath: 'native',
  },
];

/** Client, proxy and target in three processes; what counts comes back to the client. */
export async function runConnectUdp(
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

/** In the details the proxy is the sender, the client the receiver. */
function measure(dataPath: 'fallback' | 'native', effort: Effort): Promise<Measurement> {
  return withProcesses(async (start) => {
    const target = await start('bare-echo', {});
    const proxy = await start('udp-proxy', { dataPath });
    const [address] = proxy.facts['addresses'] as readonly string[];
    const client = await start('udp-tunnel', { dataPath, address, port: target.facts['port'] });
    return transferRate(proxy, client, effort);
  });
}
