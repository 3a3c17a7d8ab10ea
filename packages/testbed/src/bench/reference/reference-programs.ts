import { createSocket, type Socket } from 'node:dgram';
import type { BenchProgram } from '../process/program.ts';
import { LOOPBACK } from '../programs/session-setup.ts';
import { ReferenceProtection } from './reference-protection.ts';
import { ReferenceReceiver } from './reference-receiver.ts';
import { ReferenceSender } from './reference-sender.ts';

const ACK_EVERY = 10;
const BUFFER_SIZE = 4 << 20;

export interface ReferenceSenderSettings {
  /** Of the receiver. */
  readonly port: number;
  readonly packetSize: number;
  readonly streams: number;
}

/** Sends from command `start` on, for which the receiver must know its port. Facts: `port`. */
export async function startReferenceSender(
  settings: ReferenceSenderSettings,
): Promise<BenchProgram> {
  const { socket, port } = await openSocket();
  await connectSocket(socket, settings.port);
  const protection = new ReferenceProtection('sender');
  const sender = new ReferenceSender(settings.packetSize, settings.streams, (packet, length, n) =>
    socket.send(protection.seal(packet, length, n)),
  );
  const pump = oncePerTurn(() => sender.pump());
  socket.on('message', (packet) => {
    sender.acknowledged(protection.open(packet), 0);
    pump();
  });
  setInterval(() => sender.recover(), 20);
  return {
    facts: { port },
    command: async () => sender.pump(),
    progress: () => ({
      bytes: 0,
      packets: sender.packetsSent,
      figures: { lost: sender.packetsLost },
    }),
  };
}

/** Command `connect` takes the sender's port. Facts: `port`. */
export async function startReferenceReceiver(): Promise<BenchProgram> {
  const { socket, port } = await openSocket();
  const protection = new ReferenceProtection('receiver');
  const acknowledgement = new Uint8Array(400);
  let bytes = 0;
  let sent = 0;
  const receiver = new ReferenceReceiver((octets) => {
    bytes += octets.length;
  });
  const acknowledge = (): void => {
    if (receiver.unacknowledged === 0) return;
    const length = receiver.writeAcknowledgement(acknowledgement, sent);
    socket.send(protection.seal(acknowledgement, length, sent++));
  };
  const endOfBatch = oncePerTurn(acknowledge);
  socket.on('message', (packet) => {
    receiver.receive(protection.open(packet), protection.packetNumber);
    if (receiver.unacknowledged >= ACK_EVERY) acknowledge();
    endOfBatch();
  });
  return {
    facts: { port },
    command: (_name, senderPort) => connectSocket(socket, senderPort as number),
    progress: () => ({ bytes, packets: receiver.packetsReceived }),
  };
}

/** Calls `action` once after all datagrams of one turn of the event loop. */
function oncePerTurn(action: () => void): () => void {
  let due = false;
  const run = (): void => {
    due = false;
    action();
  };
  return () => {
    if (due) return;
    due = true;
    setImmediate(run);
  };
}

async function openSocket(): Promise<{ socket: Socket; port: number }> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, LOOPBACK, resolve));
  socket.setRecvBufferSize(BUFFER_SIZE);
  socket.setSendBufferSize(BUFFER_SIZE);
  return { socket, port: socket.address().port };
}

function connectSocket(socket: Socket, port: number): Promise<void> {
  return new Promise((resolve) => socket.connect(port, LOOPBACK, () => resolve()));
}
