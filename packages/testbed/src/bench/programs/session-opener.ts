import { type ConnectOptions, connect, QuicEndpoint } from '@mpquic/endpoint';
import { type Address, formatAddress } from '@mpquic/wire';
import { type DataPathName, requireDataPath } from '../data-path.ts';
import type { BenchProgram } from '../process/program.ts';
import { inParallel } from './in-parallel.ts';
import { benchPsk, LOOPBACK, sessionDefaults } from './session-setup.ts';

const IN_FLIGHT = 32;

export interface SessionOpenerSettings {
  readonly dataPath: DataPathName;
  readonly address: string;
}

/** A client that opens as many sessions as command `open` says, in all, and keeps them. */
export async function startSessionOpener(settings: SessionOpenerSettings): Promise<BenchProgram> {
  const { crypto, openSocket } = requireDataPath(settings.dataPath);
  const endpoint = new QuicEndpoint({ openSocket });
  const options = { ...sessionDefaults, crypto, psk: benchPsk(), endpoint };
  let started = 1;
  const open = async (from: ConnectOptions): Promise<void> => {
    const session = await connect(settings.address, from);
    await session.opened;
    await session.confirmed;
  };
  await open({ ...options, local: LOOPBACK });
  return {
    facts: {},
    progress: () => ({ bytes: 0, packets: endpoint.sessions.size }),
    command: async (_name, argument) => {
      const wanted = Number(argument);
      const sameSocket = { ...options, local: formatAddress(endpoint.addresses[0] as Address) };
      const more = (): boolean => started < wanted;
      await inParallel(IN_FLIGHT, more, () => {
        started += 1;
        return open(sameSocket);
      });
      return endpoint.sessions.size;
    },
  };
}
