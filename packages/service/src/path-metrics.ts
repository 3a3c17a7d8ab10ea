import type { Metrics } from './metrics.ts';
import type { AccessName } from './role-events.ts';

/** What one path carried and measured. */
export interface PathMeasurement {
  readonly access: AccessName | undefined;
  readonly rttMs: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly packetsSent: number;
  readonly packetsLost: number;
}

interface Row {
  readonly name: string;
  readonly help: string;
  readonly value: (paths: readonly PathMeasurement[]) => number;
}

const sumOf =
  (pick: (path: PathMeasurement) => number) =>
  (paths: readonly PathMeasurement[]): number =>
    paths.reduce((sum, path) => sum + pick(path), 0);

const ROWS: readonly Row[] = [
  {
    name: 'mpq_path_rtt_seconds',
    help: 'Mean of the smoothed round-trip times of the paths that are open',
    value: (paths) => sumOf(({ rttMs }) => rttMs / 1_000)(paths) / Math.max(paths.length, 1),
  },
  { name: 'mpq_paths', help: 'Paths that are open', value: (paths) => paths.length },
  {
    name: 'mpq_path_sent_octets',
    help: 'Octets sent over the paths that are open',
    value: sumOf(({ bytesSent }) => bytesSent),
  },
  {
    name: 'mpq_path_received_octets',
    help: 'Octets received over the paths that are open',
    value: sumOf(({ bytesReceived }) => bytesReceived),
  },
  {
    name: 'mpq_path_sent_packets',
    help: 'Packets sent over the paths that are open',
    value: sumOf(({ packetsSent }) => packetsSent),
  },
  {
    name: 'mpq_path_lost_packets',
    help: 'Packets lost of those sent',
    value: sumOf(({ packetsLost }) => packetsLost),
  },
];

/**
 * Adds what the paths of each access measure, as gauges with the label `access`.
 * @param read the open paths of all connections
 */
export function addPathMetrics(
  metrics: Metrics,
  read: () => readonly PathMeasurement[] | Promise<readonly PathMeasurement[]>,
): void {
  for (const { name, help, value } of ROWS) {
    const gauge = metrics.gauge(name, help, ['access']);
    const collect = async (): Promise<void> => {
      const paths = await read();
      for (const access of ['3gpp', 'non-3gpp'] as const) {
        gauge.set({ access }, value(paths.filter((path) => path.access === access)));
      }
    };
    Object.assign(gauge, { collect });
  }
}
