import { type ConnectOptions, QuicEndpoint } from '@mpquic/endpoint';
import { type ExternalPsk, InMemoryPskStore } from '@mpquic/tls';
import { type Address, fromHex, utf8 } from '@mpquic/wire';
import { connectWebTransport, listenWebTransport } from '../src/connect-webtransport.ts';
import type { SessionRequest } from '../src/session-request.ts';
import type { WebTransportHost } from '../src/webtransport-host.ts';
import type { WebTransportSession } from '../src/webtransport-session.ts';
import type { WebTransportStream } from '../src/webtransport-stream.ts';

export const psk: ExternalPsk = {
  identity: utf8('ue-1@upf.example'),
  key: fromHex('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'),
  hash: 'sha256',
  mode: 'raw',
};

export const RESOURCE = { authority: 'upf.example', path: '/chat' };

/** A server on 127.0.0.1 and 127.0.0.2, and a client's connection, by PSK. */
export interface Loopback {
  readonly host: WebTransportHost;
  readonly clientEndpoint: QuicEndpoint;
  readonly serverEndpoint: QuicEndpoint;
  readonly serverAddresses: readonly Address[];
  readonly close: () => Promise<void>;
}

export async function connectLoopback(
  requested: (request: SessionRequest) => void,
  options: Partial<ConnectOptions> = {},
  onhost?: (host: WebTransportHost) => void,
): Promise<Loopback> {
  const serverOptions = {
    psk: new InMemoryPskStore([psk]),
    requirePsk: true,
    endpoint: { addresses: ['127.0.0.1:0', '127.0.0.2:0'] },
  };
  const serverEndpoint = await listenWebTransport(requested, serverOptions, onhost);
  const clientEndpoint = new QuicEndpoint();
  const [first] = serverEndpoint.addresses;
  const host = await connectWebTransport(`${first?.host}:${first?.port}`, {
    psk,
    endpoint: clientEndpoint,
    local: '127.0.0.1',
    ...options,
  });
  host.quic.closed.catch(() => undefined);
  return {
    host,
    clientEndpoint,
    serverEndpoint,
    serverAddresses: serverEndpoint.addresses,
    close: async () => {
      clientEndpoint.destroy();
      serverEndpoint.destroy();
      await Promise.all([clientEndpoint.closed, serverEndpoint.closed]);
    },
  };
}

/** Echoes streams and datagrams; a unidirectional stream comes back on one. */
export function echo(session: WebTransportSession): void {
  session.ondatagram = (payload) => void session.sendDatagram(payload);
  session.onstream = (stream) => {
    if (stream.direction === 'bidi') echoOn(stream, stream);
    else session.whenStreamOpens('uni', (answer) => echoOn(stream, answer));
  };
}

function echoOn(from: WebTransportStream, to: WebTransportStream): void {
  from.ondata = (data, fin) => {
    from.pause();
    to.write(data, () => {
      if (fin) to.end();
      else from.resume();
    });
  };
  from.resume();
}

/** All that comes on the stream. */
export function readAll(stream: WebTransportStream): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  return new Promise((resolve, reject) => {
    stream.onreset = (code) => reject(new Error(`reset with ${code}`));
    stream.ondata = (data, fin) => {
      pieces.push(data);
      if (fin) resolve(Buffer.concat(pieces));
    };
    stream.resume();
  });
}
