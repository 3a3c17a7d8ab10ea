import { connect, listen, QuicEndpoint } from '@mpquic/endpoint';
import { parseTargetRule, TargetPolicy, type Tunnel, type TunnelEnd, udpPath } from '@mpquic/http3';
import { HTTP3_ALPN, Http3Session, UdpProxy } from '@mpquic/masque';
import { InMemoryPskStore } from '@mpquic/tls';
import { type DataPathName, requireDataPath } from '../data-path.ts';
import type { BenchProgram } from '../process/program.ts';
import { timeExchanges } from './latencies.ts';
import { addressTexts, benchPsk, LOOPBACK, sessionDefaults } from './session-setup.ts';

const PAYLOAD_LENGTH = 1200;
/** Payloads on their way to the target and back at most. */
const WINDOW = 128;
/** Milliseconds without any of them coming back, after which they count as lost. */
const SILENCE = 50;

/** A CONNECT-UDP proxy to targets on loopback. Facts: `addresses`. RFC 9298 */
export async function startUdpProxy(settings: { dataPath: DataPathName }): Promise<BenchProgram> {
  const { crypto, openSocket } = requireDataPath(settings.dataPath);
  const policy = new TargetPolicy({ allowed: [parseTargetRule('127.0.0.0/8')] });
  const udp = new UdpProxy({ policy, openSocket });
  const endpoint = await listen(
    (session) => {
      session.onhandshake = () => {
        Http3Session.server(session, {
          proxyName: 'bench',
          proxy: {
            tunnelRequested: (request) => {
              const { destination } = request;
              if (destination.protocol === 'connect-udp') {
                return udp.open(request, destination.target);
              }
              request.refuse({ error: 'http_request_denied' });
              return { receive: () => undefined, ended: () => undefined };
            },
          },
        });
      };
    },
    {
      ...sessionDefaults,
      alpn: HTTP3_ALPN,
      crypto,
      psk: new InMemoryPskStore([benchPsk()]),
      endpoint: { address: `${LOOPBACK}:0`, openSocket },
    },
  );
  return {
    facts: { addresses: addressTexts(endpoint.addresses) },
    progress: () => ({ bytes: 0, packets: udp.counters.uplinkPayloads }),
  };
}

export interface UdpTunnelSettings {
  readonly dataPath: DataPathName;
  /** Of the proxy. */
  readonly address: string;
  /** Of a target on loopback that sends everything back. */
  readonly port: number;
}

/** A client that sends UDP payloads through a proxy to a target without end, and counts those that come back. */
export async function startUdpTunnel(settings: UdpTunnelSettings): Promise<BenchProgram> {
  const { crypto, openSocket } = requireDataPath(settings.dataPath);
  const quic = await connect(settings.address, {
    ...sessionDefaults,
    alpn: HTTP3_ALPN,
    crypto,
    psk: benchPsk(),
    endpoint: new QuicEndpoint({ openSocket }),
    local: LOOPBACK,
  });
  const count = { bytes: 0, packets: 0, waiting: 0 };
  const tunnel = await Http3Session.client(quic).openTunnel({
    protocol: 'connect-udp',
    authority: 'proxy.bench.example',
    path: udpPath({ host: LOOPBACK, port: settings.port }),
    mode: 'datagram-2',
    handler: {
      opened: () => refill(),
      receive: ({ length }) => {
        count.bytes += length;
        count.packets += 1;
        count.waiting = Math.max(0, count.waiting - 1);
        refill();
      },
      ended: () => undefined,
    },
  });
  const payload = new Uint8Array(PAYLOAD_LENGTH).fill(1);
  let ready = false;
  function refill(): void {
    if (!ready) return;
    for (; count.waiting < WINDOW; count.waiting++) {
      if (tunnel.send(payload) !== 'sent') return;
    }
  }
  let seen = -1;
  setInterval(() => {
    ready = true;
    if (count.packets === seen) count.waiting = 0;
    seen = count.packets;
    refill();
  }, SILENCE);
  return { facts: {}, progress: () => ({ bytes: count.bytes, packets: count.packets }) };
}

/** A client that sends UDP payloads through a proxy to a target without end, as fast as they are acknowledged. */
export async function startUdpTunnelSource(settings: UdpTunnelSettings): Promise<BenchProgram> {
  const { crypto, openSocket } = requireDataPath(settings.dataPath);
  const quic = await connect(settings.address, {
    ...sessionDefaults,
    alpn: HTTP3_ALPN,
    crypto,
    psk: benchPsk(),
    endpoint: new QuicEndpoint({ openSocket }),
    local: LOOPBACK,
  });
  const count = { sent: 0 };
  let refill = (): void => undefined;
  const http = Http3Session.client(quic, { datagramDrain: () => refill() });
  const payload = new Uint8Array(PAYLOAD_LENGTH).fill(1);
  await http.openTunnel({
    protocol: 'connect-udp',
    authority: 'proxy.bench.example',
    path: udpPath({ host: LOOPBACK, port: settings.port }),
    mode: 'datagram-2',
    handler: {
      opened: (tunnel) => {
        refill = () => {
          while (quic.datagramRoom > 0 && tunnel.send(payload) === 'sent') count.sent += 1;
        };
        refill();
      },
      receive: () => undefined,
      ended: () => undefined,
    },
  });
  return { facts: {}, progress: () => ({ bytes: 0, packets: count.sent }) };
}

const EXCHANGE_LENGTH = 120;

/** Command `datagram`: 120 octets through a proxy to a target and back, one after the other. */
export async function startTunnelExchange(settings: UdpTunnelSettings): Promise<BenchProgram> {
  const { crypto, openSocket } = requireDataPath(settings.dataPath);
  const quic = await connect(settings.address, {
    ...sessionDefaults,
    alpn: HTTP3_ALPN,
    crypto,
    psk: benchPsk(),
    endpoint: new QuicEndpoint({ openSocket }),
    local: LOOPBACK,
  });
  let arrived: () => void = () => undefined;
  const http = Http3Session.client(quic);
  const opened = new Promise<Tunnel>((resolve, reject) => {
    const handler = {
      opened: resolve,
      receive: () => arrived(),
      ended: ({ reason }: TunnelEnd) => reject(new Error(reason)),
    };
    const path = udpPath({ host: LOOPBACK, port: settings.port });
    const authority = 'proxy.bench.example';
    http
      .openTunnel({ protocol: 'connect-udp', authority, path, mode: 'datagram-2', handler })
      .catch(reject);
  });
  const tunnel = await opened;
  const message = new Uint8Array(EXCHANGE_LENGTH).fill(1);
  const exchange = (): Promise<void> =>
    new Promise((resolve) => {
      arrived = resolve;
      tunnel.send(message);
    });
  return {
    facts: {},
    progress: () => ({ bytes: 0, packets: 0 }),
    command: (_name, milliseconds) => timeExchanges(Number(milliseconds), exchange),
  };
}
