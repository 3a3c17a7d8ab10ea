import { createSocket, type Socket } from 'node:dgram';
import type { BenchProgram } from '../process/program.ts';
import { timeExchanges } from '../programs/latencies.ts';
import { LOOPBACK } from '../programs/session-setup.ts';

const EXCHANGE_LENGTH = 120;

/** Sends every datagram back. Facts: `port`. */
export async function startBareEcho(): Promise<BenchProgram> {
  const socket = await openSocket();
  let packets = 0;
  socket.on('message', (message, from) => {
    packets += 1;
    socket.send(message, from.port, from.address);
  });
  return { facts: { port: socket.address().port }, progress: () => ({ bytes: 0, packets }) };
}

/** Command `datagram`: 120 octets there and back over node:dgram, without anything around them. */
export async function startBareExchange({ port }: { port: number }): Promise<BenchProgram> {
  const socket = await openSocket();
  await new Promise<void>((resolve) => socket.connect(port, LOOPBACK, () => resolve()));
  let arrived: () => void = () => undefined;
  socket.on('message', () => arrived());
  const message = new Uint8Array(EXCHANGE_LENGTH).fill(1);
  const exchange = (): Promise<void> =>
    new Promise((resolve) => {
      arrived = resolve;
      socket.send(message);
    });
  return {
    facts: {},
    progress: () => ({ bytes: 0, packets: 0 }),
    command: (_name, milliseconds) => timeExchanges(Number(milliseconds), exchange),
  };
}

async function openSocket(): Promise<Socket> {
  const socket = createSocket({
    type: 'udp4',
    lookup: (host, _options, callback) => callback(null, host, 4),
  });
  await new Promise<void>((resolve) => socket.bind(0, LOOPBACK, resolve));
  return socket;
}
