import { connect, QuicEndpoint } from '@mpquic/endpoint';
import { type DataPathName, requireDataPath } from '../data-path.ts';
import type { BenchProgram } from '../process/program.ts';
import { benchPsk, LOOPBACK, sessionDefaults } from './session-setup.ts';

/** Datagrams that wait for their acknowledgement at most. */
const WINDOW = 256;

export interface DatagramSourceSettings {
  readonly dataPath: DataPathName;
  /** Of a server that counts datagrams. */
  readonly address: string;
  /** Octets of each datagram; as many as fit when absent. */
  readonly length?: number;
}

/** A client that sends DATAGRAM frames without end. */
export async function startDatagramSource(settings: DatagramSourceSettings): Promise<BenchProgram> {
  const { crypto, openSocket } = requireDataPath(settings.dataPath);
  const endpoint = new QuicEndpoint({ openSocket });
  const count = { sent: 0, lost: 0, waiting: 0 };
  const session = await connect(settings.address, {
    ...sessionDefaults,
    alpn: 'sink',
    crypto,
    psk: benchPsk(),
    endpoint,
    local: LOOPBACK,
    ondatagramstatus: (_id, status) => {
      count.waiting -= 1;
      if (status !== 'acknowledged') count.lost += 1;
      refill();
    },
  });
  await session.confirmed;
  const datagram = new Uint8Array(settings.length ?? session.maxDatagramSize).fill(1);
  function refill(): void {
    while (count.waiting < WINDOW) {
      count.waiting += 1;
      count.sent += 1;
      void session.sendDatagram(datagram);
    }
  }
  refill();
  return {
    facts: {},
    progress: () => ({ bytes: 0, packets: count.sent, figures: { lost: count.lost } }),
  };
}
