import type { DataPathName } from '../data-path.ts';
import type { BenchContext, Effort } from '../effort.ts';
import { withProcesses } from '../process/bench-process.ts';
import type { BenchResult, Measurement } from '../result.ts';
import { besideFallback } from './beside-fallback.ts';
import type { DataPathSpec } from './measure-specs.ts';
import { transferRate } from './transfer-rate.ts';

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
export function runConnectUdp(
  specs: readonly DataPathSpec[],
  context: BenchContext,
): Promise<BenchResult[]> {
  return besideFallback(specs, context, (dataPath) => measure(dataPath, context.effort));
}

/** In the details the proxy is the sender, the client the receiver. */
function measure(dataPath: DataPathName, effort: Effort): Promise<Measurement> {
  return withProcesses(async (start) => {
    const target = await start('bare-echo', {});
    const proxy = await start('udp-proxy', { dataPath });
    const [address] = proxy.facts['addresses'] as readonly string[];
    const client = await start('udp-tunnel', { dataPath, address, port: target.facts['port'] });
    return transferRate(proxy, client, effort);
  });
}
