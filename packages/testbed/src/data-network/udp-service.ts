import { openUdpSocket } from '@mpquic/service';
import { type Address, plainOctets } from '@mpquic/wire';

/** A UDP service that answers datagrams one by one. */
export interface UdpService {
  readonly address: Address;
  /** Datagrams answered. */
  readonly answered: number;
  close(): Promise<void>;
}

/**
 * Binds a UDP port and answers each payload with what `answer` makes of it; undefined answers nothing. Rejects
 * with the system's error where the port is taken.
 */
export async function serveUdp(
  address: Address,
  answer: (payload: Uint8Array) => Uint8Array | undefined,
): Promise<UdpService> {
  const socket = await openUdpSocket(address);
  let answered = 0;
  socket.on('message', (payload, remote) => {
    const reply = answer(plainOctets(payload));
    if (reply === undefined) return;
    answered += 1;
    socket.send(reply, remote.port, remote.address);
  });
  // What a client that is gone makes of an answer is no concern of the service.
  socket.on('error', () => undefined);
  const bound = socket.address();
  return {
    address: { host: bound.address, port: bound.port },
    get answered() {
      return answered;
    },
    close: () =>
      new Promise((resolve) => {
        socket.close(() => resolve());
      }),
  };
}
