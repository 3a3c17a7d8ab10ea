import { listen } from '@mpquic/endpoint';
import { serveRequest } from '@mpquic/hq';
import { type ExternalPsk, InMemoryPskStore } from '@mpquic/tls';
import { type Address, formatAddress } from '@mpquic/wire';

export interface FileServiceOptions {
  readonly address: Address;
  readonly psk: ExternalPsk;
}

/** A QUIC server that answers `GET /N` with N octets: a stream inside the tunnels of a UE. */
export interface FileService {
  readonly address: Address;
  close(): Promise<void>;
}

/** Rejects where the address cannot be listened on. */
export async function serveFiles({ address, psk }: FileServiceOptions): Promise<FileService> {
  const endpoint = await listen(
    (session) => {
      session.onstream = async (stream) => {
        await serveRequest(stream, undefined);
      };
      session.closed.catch(() => undefined);
    },
    {
      alpn: 'hq-interop',
      psk: new InMemoryPskStore([psk]),
      requirePsk: true,
      multipath: false,
      endpoint: { address: formatAddress(address) },
    },
  );
  const port = endpoint.address?.port ?? address.port;
  return {
    address: { host: address.host, port },
    close: async () => endpoint.destroy(),
  };
}
