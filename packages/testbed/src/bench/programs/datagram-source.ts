import { connect, QuicEndpoint } from '@mpquic/endpoint';
import { type DataPathName, requireDataPath } from '../data-path.ts';
import type { BenchProgram } from '../process/program.ts';
import { benchPsk, LOOPBACK, sessionDefaults } from './session-setup.ts';

export interface DatagramSourceSettings {
  readonly dataPath: DataPathName;
  /** Of a server that counts datagrams. */
  readonly address: string;
  /** Octets of each datagram; as many as fit when absent. */
  readonly length?: number;
}

/** A client that sends DATAGRAM frames without end: congestion control alone says how many are on their way. */
export async function startDatagramSource(settings: DatagramSourceSettings): Promise<BenchProgram> {
  const { crypto, openSocket } = requireDataPath(settings.dataPath);
  const endpoint = new QuicEndpoint({ openSocket });
  const session = await connect(settings.address, {
    ...sessionDefaults,
    alpn: 'sink',
    crypto,
    psk: benchPsk(),
    endpoint,
    local: LOOPBACK,
  });
  await session.confirmed;
  const datagram = new Uint8Array(settings.length ?? session.maxDatagramSize).fill(1);
  let sent = 0;
  const fill = (): void => {
    while (session.datagramRoom > 0 && session.sendDatagramNow(datagram) !== 0) sent += 1;
  };
  session.ondatagramdrain = fill;
  fill();
  return {
    facts: {},
    progress: () => {
      const lost = Number(session.stats.datagramsLost);
      return { bytes: 0, packets: sent, figures: { lost } };
    },
  };
}
