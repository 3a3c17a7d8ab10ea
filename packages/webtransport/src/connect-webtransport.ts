import {
  type ConnectOptions,
  connect,
  type ListenOptions,
  listen,
  type QuicEndpoint,
} from '@mpquic/endpoint';
import { HTTP3_ALPN } from '@mpquic/masque';
import type { SessionRequest } from './session-request.ts';
import { WebTransportHost } from './webtransport-host.ts';

/** Opens a QUIC connection for WebTransport; its sessions are opened with {@link WebTransportHost.openSession}. */
export async function connectWebTransport(
  address: string,
  options: Omit<ConnectOptions, 'alpn'>,
): Promise<WebTransportHost> {
  const quic = await connect(address, { ...withDatagrams(options), alpn: HTTP3_ALPN });
  return WebTransportHost.client(quic);
}

/** Listens for clients; `requested` decides about each session, `onhost` sees each connection. */
export function listenWebTransport(
  requested: (request: SessionRequest) => void,
  options: Omit<ListenOptions, 'alpn'>,
  onhost?: (host: WebTransportHost) => void,
): Promise<QuicEndpoint> {
  return listen(
    (quic) => {
      quic.opened.catch(() => undefined);
      quic.closed.catch(() => undefined);
      const host = WebTransportHost.server(quic, { requested });
      onhost?.(host);
    },
    { ...withDatagrams(options), alpn: HTTP3_ALPN },
  );
}

/** WebTransport needs QUIC datagrams. WT-07 §3.1 */
function withDatagrams<O extends Omit<ConnectOptions | ListenOptions, 'alpn'>>(options: O): O {
  const transportParams = { maxDatagramFrameSize: 65_535, ...options.transportParams };
  return { ...options, transportParams };
}
