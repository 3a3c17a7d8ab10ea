import { createSocket, type Socket, type SocketOptions } from 'node:dgram';
import type { Address } from '@mpquic/wire';

/**
 * A bound UDP socket of the family of its address; its later errors are the caller's to listen to.
 *
 * @throws {Error} of node:dgram where the address cannot be bound; nothing is left open then
 */
export async function openUdpSocket(
  { host, port }: Address,
  options: Omit<SocketOptions, 'type'> = {},
): Promise<Socket> {
  const socket = createSocket({ ...options, type: host.includes(':') ? 'udp6' : 'udp4' });
  await new Promise<void>((resolve, reject) => {
    const refused = (error: Error): void => {
      socket.close();
      reject(error);
    };
    socket.once('error', refused);
    socket.bind(port, host, () => {
      socket.off('error', refused);
      resolve();
    });
  });
  return socket;
}
