import { connect, QuicEndpoint, type QuicSession } from '@mpquic/endpoint';
import { type Address, formatAddress } from '@mpquic/wire';
import { type DataPathName, requireDataPath } from '../data-path.ts';
import type { BenchProgram } from '../process/program.ts';
import { inParallel } from './in-parallel.ts';
import { benchPsk, LOOPBACK, sessionDefaults } from './session-setup.ts';

const HANDSHAKES_IN_FLIGHT = 32;
const EXCHANGES_IN_FLIGHT = 16;
const EXCHANGE_LENGTH = 120;
/** Milliseconds. */
const PATIENCE = 1000;
/** Shares no factor with a population: steps of it visit every session, and no neighbours one after the other. */
const STRIDE = 7919;

export interface CrowdSettings {
  readonly dataPath: DataPathName;
  /** Of a server that echoes. */
  readonly address: string;
}

/** One session of the crowd and who waits for its echo. */
interface Member {
  readonly session: QuicSession;
  arrived: () => void;
}

/**
 * Many sessions over one socket. Command `open` brings their number to its argument; `exchange` sends 120 octets back and
 * forth for so many milliseconds, over all sessions in turn, and gives the number of exchanges.
 */
export async function startCrowd(settings: CrowdSettings): Promise<BenchProgram> {
  const { crypto, openSocket } = requireDataPath(settings.dataPath);
  const endpoint = new QuicEndpoint({ openSocket });
  const options = { ...sessionDefaults, alpn: 'echo', crypto, psk: benchPsk(), endpoint };
  const members: Member[] = [];
  let started = 0;
  const open = async (): Promise<void> => {
    const local = started++ === 0 ? LOOPBACK : formatAddress(endpoint.addresses[0] as Address);
    const member = { arrived: (): void => undefined };
    const session = await connect(settings.address, {
      ...options,
      local,
      ondatagram: () => member.arrived(),
    });
    await session.confirmed;
    members.push(Object.assign(member, { session }));
  };
  await open();
  return {
    facts: {},
    progress: () => ({ bytes: 0, packets: endpoint.sessions.size }),
    command: (name, argument) =>
      name === 'open'
        ? inParallel(HANDSHAKES_IN_FLIGHT, () => started < Number(argument), open)
        : exchangeAll(members, Number(argument)),
  };
}

function exchangeAll(members: readonly Member[], milliseconds: number): Promise<number> {
  const end = performance.now() + milliseconds;
  const message = new Uint8Array(EXCHANGE_LENGTH).fill(1);
  let next = 0;
  // Nobody sends a DATAGRAM frame again: who waits too long goes on.
  const exchange = (): Promise<void> => {
    next = (next + STRIDE) % members.length;
    const member = members[next] as Member;
    return new Promise((resolve) => {
      const patience = setTimeout(resolve, PATIENCE);
      member.arrived = () => {
        clearTimeout(patience);
        resolve();
      };
      void member.session.sendDatagram(message);
    });
  };
  // A session answers one at a time.
  const width = Math.min(EXCHANGES_IN_FLIGHT, members.length);
  return inParallel(width, () => performance.now() < end, exchange);
}
