import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

/** Ports below those that systems give to sockets that ask for any: nobody gets one of these by chance. */
const LOWEST = 12_000;
const COUNT = 20_000;

/** A TCP port of 127.0.0.1 that a program may listen on later. */
export function freeTcpPort(): Promise<number> {
  return freePort(async (port) => {
    const server = createServer();
    const opened = new Promise<void>((resolve, reject) => {
      server.on('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    await opened;
    await new Promise((resolve) => server.close(resolve));
  });
}

/** A UDP port of 127.0.0.1 that a program may bind later. */
export function freeUdpPort(): Promise<number> {
  return freePort(async (port) => {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve, reject) => {
      socket.on('error', reject);
      socket.bind(port, '127.0.0.1', resolve);
    });
    await new Promise<void>((resolve) => socket.close(resolve));
  });
}

async function freePort(tryPort: (port: number) => Promise<void>): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * COUNT);
    try {
      await tryPort(port);
      return port;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
}
