import { listen } from '@mpquic/endpoint';
import { serveRequest } from '@mpquic/hq';
import { InMemoryPskStore } from '@mpquic/tls';
import { type DataPathName, requireDataPath } from '../data-path.ts';
import type { BenchProgram } from '../process/program.ts';
import { addressTexts, benchPsk, LOOPBACK, sessionDefaults } from './session-setup.ts';

export interface ServerSettings {
  readonly dataPath: DataPathName;
  /** Addresses to listen on. */
  readonly paths: number;
}

/** A server that answers `GET /N`. Facts: `addresses`. */
export async function startServer({ dataPath, paths }: ServerSettings): Promise<BenchProgram> {
  const { crypto, openSocket } = await requireDataPath(dataPath);
  const endpoint = await listen(
    (session) => {
      session.onstream = async (stream) => {
        await serveRequest(stream, undefined);
      };
      session.onerror = () => undefined;
    },
    {
      ...sessionDefaults,
      crypto,
      psk: new InMemoryPskStore([benchPsk()]),
      endpoint: { addresses: new Array(paths).fill(`${LOOPBACK}:0`), openSocket },
    },
  );
  return {
    facts: { addresses: addressTexts(endpoint.addresses) },
    progress: () => ({
      bytes: Number(endpoint.stats.bytesSent),
      packets: Number(endpoint.stats.packetsSent),
    }),
    stop: () => endpoint.destroy(),
  };
}
