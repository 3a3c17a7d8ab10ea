import { connect, QuicEndpoint as Endpoint, listen, type QuicEndpoint } from '@mpquic/endpoint';
import { InMemoryPskStore } from '@mpquic/tls';
import { formatAddress } from '@mpquic/wire';
import { type DataPath, type DataPathName, requireDataPath } from '../data-path.ts';
import type { BenchProgram } from '../process/program.ts';
import { handshakeFloor } from '../reference/handshake-floor.ts';
import { inParallel } from './in-parallel.ts';
import { addressTexts, benchPsk, LOOPBACK, sessionDefaults } from './session-setup.ts';

export interface HandshakesSettings {
  readonly dataPath: DataPathName;
}

/** Of commands `handshakes` and `floor`. */
export interface HandshakeRun {
  readonly milliseconds: number;
  readonly inFlight: number;
}

/** What a command came to. */
export interface HandshakeCount {
  readonly count: number;
  readonly milliseconds: number;
  readonly cpuMicroseconds: number;
}

/**
 * Client and server in one process. Command `handshakes`: psk_dhe_ke handshakes over sockets, each session closed
 * once its handshake is confirmed; `floor`: their cryptography alone, both sides.
 */
export async function startHandshakes({ dataPath }: HandshakesSettings): Promise<BenchProgram> {
  const path = requireDataPath(dataPath);
  const server = await listen(acceptAll, {
    ...sessionDefaults,
    crypto: path.crypto,
    psk: new InMemoryPskStore([benchPsk()]),
    endpoint: { address: `${LOOPBACK}:0`, openSocket: path.openSocket },
  });
  const [address] = addressTexts(server.addresses);
  const client = new Endpoint({ openSocket: path.openSocket });
  const handshake = await handshakeOver(client, address as string, path);
  const floor = handshakeFloor(path.crypto);
  const oneFloor = async (): Promise<void> => {
    floor();
    floor();
  };
  let done = 0;
  return {
    facts: {},
    progress: () => ({ bytes: 0, packets: done }),
    command: async (name, argument) => {
      const run = argument as HandshakeRun;
      const result = await timed(run, name === 'floor' ? oneFloor : handshake);
      done += result.count;
      return result;
    },
  };
}

function acceptAll(session: { onerror?: unknown; opened: Promise<unknown> }): void {
  session.onerror = () => undefined;
}

/** All sessions leave from one socket: opening sockets is not what is measured. */
async function handshakeOver(
  endpoint: QuicEndpoint,
  remote: string,
  { crypto }: DataPath,
): Promise<() => Promise<void>> {
  const options = { ...sessionDefaults, crypto, psk: benchPsk(), endpoint };
  const first = await connect(remote, { ...options, local: LOOPBACK });
  await first.opened;
  const local = formatAddress(endpoint.addresses[0] as { host: string; port: number });
  // One object, as a client keeps that opens session after session: one made anew each time is of a hidden class of its own.
  const sameSocket = { ...options, local };
  return async () => {
    const session = await connect(remote, sameSocket);
    await session.opened;
    await session.confirmed;
    await session.close();
  };
}

async function timed(
  { milliseconds, inFlight }: HandshakeRun,
  action: () => Promise<void>,
): Promise<HandshakeCount> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  const count = await inParallel(inFlight, () => performance.now() - start < milliseconds, action);
  const { user, system } = process.cpuUsage(cpu);
  return { count, milliseconds: performance.now() - start, cpuMicroseconds: user + system };
}
