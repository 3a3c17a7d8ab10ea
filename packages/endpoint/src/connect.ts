import type { SocketAddress } from 'node:net';
import type { Address } from '@mpquic/wire';
import { type OnSession, QuicEndpoint } from './endpoint.ts';
import type { EndpointOptions } from './endpoint-options.ts';
import type { ConnectOptions, ListenOptions } from './options.ts';
import type { QuicSession } from './session.ts';

/**
 * Opens a session to `address` (host:port), over an endpoint of its own where `options.endpoint` is
 * none; that endpoint is closed with the session.
 */
export function connect(
  address: string | Address | SocketAddress,
  options: ConnectOptions,
): Promise<QuicSession> {
  const { endpoint } = options;
  return endpoint instanceof QuicEndpoint
    ? endpoint.connect(address, options)
    : connectAlone(address, options, endpoint);
}

async function connectAlone(
  address: string | Address | SocketAddress,
  options: ConnectOptions,
  endpointOptions: EndpointOptions | undefined,
): Promise<QuicSession> {
  const endpoint = new QuicEndpoint(endpointOptions);
  try {
    const session = await endpoint.connect(address, options);
    const close = (): void => void endpoint.close();
    session.closed.then(close, close);
    return session;
  } catch (error) {
    endpoint.destroy();
    throw error;
  }
}

/** Takes sessions from clients: `onsession` gets each one before its handshake begins. */
export async function listen(onsession: OnSession, options: ListenOptions): Promise<QuicEndpoint> {
  const { endpoint: given } = options;
  const endpoint = given instanceof QuicEndpoint ? given : new QuicEndpoint(given);
  await endpoint.listen(onsession, options);
  return endpoint;
}
