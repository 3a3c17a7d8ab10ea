import { connect, QuicEndpoint } from '@mpquic/endpoint';
import { type DataPathName, requireDataPath } from '../data-path.ts';
import type { BenchProgram } from '../process/program.ts';
import { keepQueueFull } from './full-queue.ts';
import { benchPsk, LOOPBACK, sessionDefaults } from './session-setup.ts';

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
  const count = { sent: 0, lost: 0 };
  let refill = (): void => undefined;
  const session = await connect(settings.address, {
    ...sessionDefaults,
    alpn: 'sink',
    crypto,
    psk: benchPsk(),
    endpoint,
    local: LOOPBACK,
    ondatagramstatus: (_id, status) => {
      if (status !== 'acknowledged') count.lost += 1;
      refill();
    },
  });
  await session.confirmed;
  const datagram = new Uint8Array(settings.length ?? session.maxDatagramSize).fill(1);
  refill = keepQueueFull(session, () => {
    count.sent += 1;
    session.sendDatagramNow(datagram);
    return true;
  });
  refill();
  return {
    facts: {},
    progress: () => ({ bytes: 0, packets: count.sent, figures: { lost: count.lost } }),
  };
}
