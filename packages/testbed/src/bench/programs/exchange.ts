import { connect, QuicEndpoint } from '@mpquic/endpoint';
import { type DataPathName, requireDataPath } from '../data-path.ts';
import type { BenchProgram } from '../process/program.ts';
import { timeExchanges } from './latencies.ts';
import { benchPsk, LOOPBACK, sessionDefaults } from './session-setup.ts';

const EXCHANGE_LENGTH = 120;

export interface ExchangeSettings {
  readonly dataPath: DataPathName;
  /** Of a server that echoes. */
  readonly address: string;
}

/** Sends 120 octets and waits for them: command `datagram` in DATAGRAM frames, `stream` on one stream. */
export async function startExchange(settings: ExchangeSettings): Promise<BenchProgram> {
  const { crypto, openSocket } = requireDataPath(settings.dataPath);
  const endpoint = new QuicEndpoint({ openSocket });
  let arrived: () => void = () => undefined;
  const session = await connect(settings.address, {
    ...sessionDefaults,
    alpn: 'echo',
    crypto,
    psk: benchPsk(),
    endpoint,
    local: LOOPBACK,
    ondatagram: () => arrived(),
  });
  await session.confirmed;
  const message = new Uint8Array(EXCHANGE_LENGTH).fill(1);
  let exchanges = 0;
  goOnAfterLosses(
    () => exchanges,
    () => arrived(),
  );
  const overDatagrams = (): Promise<void> =>
    new Promise((resolve) => {
      exchanges += 1;
      arrived = resolve;
      void session.sendDatagram(message);
    });
  const stream = await session.createBidirectionalStream();
  const chunks = stream[Symbol.asyncIterator]();
  const overStream = async (): Promise<void> => {
    await stream.writer.write(message);
    for (let left = EXCHANGE_LENGTH; left > 0; ) {
      const next = await chunks.next();
      if (next.done === true) throw new Error('the echo ended');
      for (const chunk of next.value) left -= chunk.length;
    }
  };
  return {
    facts: {},
    progress: () => ({ bytes: 0, packets: Number(endpoint.stats.packetsReceived) }),
    command: (name, milliseconds) =>
      timeExchanges(Number(milliseconds), name === 'stream' ? overStream : overDatagrams),
  };
}

/** Nobody sends a DATAGRAM frame again: where nothing has happened for a second, the exchange counts as over. */
function goOnAfterLosses(count: () => number, goOn: () => void): void {
  let before = 0;
  setInterval(() => {
    if (count() === before) goOn();
    before = count();
  }, 1000).unref();
}
