import type { DataNetworkOptions } from '../data-network/data-network.ts';

/** User traffic of a run on loopback: what stands behind the UPF, who sends there, and by which rules. */
export interface DemoTraffic {
  readonly dataNetwork: DataNetworkOptions;
  /** Settings of the roles beyond their own. */
  readonly core: Readonly<Record<string, unknown>>;
  readonly upf: Readonly<Record<string, unknown>>;
  readonly ue: Readonly<Record<string, unknown>>;
}

const HOST = '127.0.0.40';
/** Above those that only root may bind. */
const PORTS = { dns: 5300, bulk: 7007, redundant: 7008 } as const;
const NAME = 'echo.example';

/** DNS queries over the faster access, a bulk flow over both, and one whose every datagram goes over each. */
export function demoTraffic(): DemoTraffic {
  const at = (port: number): string => `${HOST}:${port}`;
  return {
    dataNetwork: {
      echoes: [
        { host: HOST, port: PORTS.bulk },
        { host: HOST, port: PORTS.redundant },
      ],
      dns: { host: HOST, port: PORTS.dns },
      names: new Map([[NAME, HOST]]),
    },
    core: {
      trafficRules: [
        { port: String(PORTS.dns), steering: 'smallest-delay' },
        { port: String(PORTS.bulk), steering: 'load-balancing' },
        { port: String(PORTS.redundant), steering: 'redundant', transport: 'datagram-1' },
      ],
    },
    upf: { allowTargets: Object.values(PORTS).map(at) },
    ue: {
      applications: [
        { name: 'DNS queries', kind: 'dns', target: at(PORTS.dns), rate: 50, query: NAME },
        { name: 'bulk', kind: 'echo', target: at(PORTS.bulk), rate: 500, octets: 1200 },
        { name: 'redundant', kind: 'echo', target: at(PORTS.redundant), rate: 100, octets: 200 },
      ],
    },
  };
}
