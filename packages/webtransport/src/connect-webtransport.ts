import {
  type ConnectOptions,
  connect,
  type ListenOptions,
  listen,
  type QuicEndpoint,
  type QuicSession,
} from '@mpquic/endpoint';
import { HTTP3_ALPN } from '@mpquic/masque';
import { type SessionRequest, WebTransportHost } from './webtransport-host.ts';

/** Opens a QUIC connection for WebTransport; its sessions are opened with {@link WebTransportHost.openSession}. */
export async function connectWebTransport(
  address: string,
  options: Omit<ConnectOptions, 'alpn'>,
): Promise<WebTransportHost> {
  const quic = await connect(address, { ...withDatagrams(options), alpn: HTTP3_ALPN });
  return WebTransportHost.client(quic);
}

/** Listens for clients; `requested` decides about each session, `onsession` sees each QUIC session. */
export function listenWebTransport(
  requested: (request: SessionRequest) => void,
  options: Omit<ListenOptions, 'alpn'>,
  onsession?: (quic: QuicSession) => void,
): Promise<QuicEndpoint> {
  return listen(
    (quic) => {
      quic.opened.catch(() => undefined);
      quic.closed.catch(() => undefined);
      WebTransportHost.server(quic, { requested });
      onsession?.(quic);
    },
    { ...withDatagrams(options), alpn: HTTP3_ALPN },
  );
}

/** WebTransport needs QUIC datagrams. WT-07 §3.1 */
function withDatagrams<O extends Omit<ConnectOptions | ListenOptions, 'alpn'>>(options: O): O {
  const transportParams = { maxDatagramFrameSize: 65_535, ...options.transportParams };
  return { ...options, transportParams };
}
