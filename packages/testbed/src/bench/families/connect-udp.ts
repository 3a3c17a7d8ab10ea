import { type BenchResult, type BenchSpec, unavailable } from '../result.ts';

export const connectUdpSpecs: readonly BenchSpec[] = [
  {
    name: 'connect-udp-native',
    title: 'UDP through CONNECT-UDP at the UPF, native sockets',
    unit: 'Gbit/s',
  },
];

/** The UPF serves hq-interop only so far: CONNECT-UDP stands in the http3 package, without sockets. */
export async function runConnectUdp(specs: readonly BenchSpec[]): Promise<BenchResult[]> {
  return specs.map((spec) => unavailable(spec, 'the UPF does not offer CONNECT-UDP yet'));
}
