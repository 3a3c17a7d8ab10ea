import { createSocket, type Socket } from 'node:dgram';
import { connect, listen, QuicEndpoint, type QuicSession } from '@mpquic/endpoint';
import {
  type ProxyHandler,
  type TransportMode,
  type Tunnel,
  type TunnelEnd,
  type TunnelHandler,
  udpPath,
} from '@mpquic/http3';
import { type ExternalPsk, InMemoryPskStore } from '@mpquic/tls';
import { type Address, utf8 } from '@mpquic/wire';
import { HTTP3_ALPN, Http3Session } from '../src/http3-session.ts';

const PSK: ExternalPsk = {
  identity: utf8('ue-1@upf.example'),
  key: new Uint8Array(32).fill(7),
  hash: 'sha256',
  mode: 'raw',
};

/** A client and a proxy over QUIC on loopback. */
export interface MasquePair {
  readonly client: Http3Session;
  readonly server: QuicSession;
  /** HTTP/3 at the proxy. */
  readonly proxySession: () => Http3Session;
  readonly close: () => Promise<void>;
}

export async function connectPair(proxy: ProxyHandler): Promise<MasquePair> {
  let server: QuicSession | undefined;
  let proxySession: Http3Session | undefined;
  const serverEndpoint = await listen(
    (session) => {
      server = session;
      session.onhandshake = () => {
        proxySession = Http3Session.server(session, { proxy, proxyName: 'upf1' });
      };
    },
    {
      alpn: [HTTP3_ALPN, 'hq-interop'],
      psk: new InMemoryPskStore([PSK]),
      requirePsk: true,
      endpoint: { address: '127.0.0.1:0' },
    },
  );
  const endpoint = new QuicEndpoint();
  const [address] = serverEndpoint.addresses;
  const quic = await connect(address as Address, {
    alpn: HTTP3_ALPN,
    psk: PSK,
    endpoint,
    local: '127.0.0.1',
  });
  const client = Http3Session.client(quic);
  quic.closed.catch(() => undefined);
  await quic.opened;
  return {
    client,
    server: server as QuicSession,
    proxySession: () => proxySession as Http3Session,
    close: async () => {
      endpoint.destroy();
      serverEndpoint.destroy();
      await Promise.all([endpoint.closed, serverEndpoint.closed]);
    },
  };
}

/** A UDP server on loopback that answers each payload with what `answer` makes of it. */
export async function udpServer(
  answer: (payload: Buffer) => Uint8Array | undefined,
): Promise<{ readonly port: number; readonly close: () => void; readonly socket: Socket }> {
  const socket = createSocket('udp4');
  socket.on('message', (payload, { port, address }) => {
    const reply = answer(payload);
    if (reply !== undefined) socket.send(reply, port, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return { port: socket.address().port, close: () => socket.close(), socket };
}

/** A tunnel that a test talks through. */
export class TestTunnel implements TunnelHandler {
  readonly payloads: Uint8Array[] = [];
  tunnel: Tunnel | undefined;
  end: TunnelEnd | undefined;
  #changed: (() => void) | undefined;

  opened(tunnel: Tunnel): void {
    this.tunnel = tunnel;
    this.#changed?.();
  }

  receive(payload: Uint8Array): void {
    this.payloads.push(payload);
    this.#changed?.();
  }

  ended(end: TunnelEnd): void {
    this.end = end;
    this.#changed?.();
  }

  /** Waits until it holds. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }
}

export async function openUdp(
  client: Http3Session,
  host: string,
  port: number,
  mode: TransportMode = 'datagram-2',
): Promise<TestTunnel> {
  const handler = new TestTunnel();
  await client.openTunnel({
    protocol: 'connect-udp',
    authority: 'upf.example',
    path: udpPath({ host, port }),
    mode,
    handler,
  });
  await handler.until(() => handler.tunnel !== undefined || handler.end !== undefined);
  return handler;
}
