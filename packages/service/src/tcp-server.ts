import type { AddressInfo, Server } from 'node:net';
import type { Address } from '@mpquic/wire';

/**
 * Listens on an address, with the server of node:net or one that is made of it.
 *
 * @throws {Error} of node:net where the address cannot be listened on
 */
export async function listenOn(server: Server, { host, port }: Address): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  // Where one connection cannot be accepted, for want of descriptors, the next one may.
  server.on('error', () => undefined);
}

/** Where a server listens, with the port that the system chose. */
export function listeningAddress(server: Server): Address {
  const { address, port } = server.address() as AddressInfo;
  return { host: address, port };
}
