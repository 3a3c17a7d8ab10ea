import type { OpenDatagramSocket, QuicSession } from '@mpquic/endpoint';
import type { TargetPolicy, TunnelHandler, TunnelRequest } from '@mpquic/http3';
import {
  Http3Session,
  IpProxy,
  type IpProxyCounters,
  UdpProxy,
  type UdpProxyCounters,
} from '@mpquic/masque';
import { type AccessOf, type PathScheduler, type Steering, steeringScheduler } from '@mpquic/quic';
import { type Address, formatAddress, parseIp, sameAddress, toHex } from '@mpquic/wire';
import type { N4Session } from '../n4-session.ts';
import { downlinkSteering } from './multi-access-steering.ts';

export interface SessionUserPlaneOptions {
  readonly quic: QuicSession;
  readonly kid: Uint8Array;
  readonly name: string;
  readonly policy: TargetPolicy;
  /** 4 octets. */
  readonly gateway: Uint8Array;
  readonly routed: boolean;
  readonly openSocket: OpenDatagramSocket | undefined;
  /** Undefined for a PSK that belongs to no session. */
  readonly n4: N4Session | undefined;
  /** Where this UPF listens for the non-3GPP access: paths elsewhere are those of 3GPP access. */
  readonly accessNon3gpp: Address | undefined;
}

/** What one connection carried. */
export interface UserPlaneReport {
  readonly kid: string;
  /** IP@3, where there is a session. */
  readonly ueAddress: string | undefined;
  readonly steering: Steering['type'];
  readonly udp: UdpProxyCounters;
  readonly ip: IpProxyCounters | undefined;
  readonly paths: readonly {
    readonly id: number;
    readonly access: '3gpp' | 'non-3gpp';
    readonly local: string;
    readonly remote: string;
    /** Milliseconds. */
    readonly rttMs: number;
    readonly bytesSent: number;
    readonly bytesReceived: number;
    readonly packetsSent: number;
    readonly packetsReceived: number;
    readonly packetsLost: number;
  }[];
}

/** The tunnels of one MPQUIC connection, and how its downlink is steered. */
export class SessionUserPlane {
  readonly #options: SessionUserPlaneOptions;
  readonly #udp: UdpProxy;
  readonly #ip: IpProxy | undefined;
  readonly #steering: Steering;
  readonly #accessOf: AccessOf;

  constructor(options: SessionUserPlaneOptions) {
    const { quic, name, policy, openSocket, n4, gateway, routed, accessNon3gpp } = options;
    this.#options = options;
    this.#accessOf = ({ local }) => {
      const second = accessNon3gpp !== undefined && sameAddress(local, accessNon3gpp);
      return second ? 'non-3gpp' : '3gpp';
    };
    const { steering, thresholds } = downlinkSteering(n4?.pdrs ?? [], n4?.mars ?? []);
    this.#steering = steering;
    const scheduler: PathScheduler = steeringScheduler(steering, this.#accessOf, thresholds);
    const ueAddress = n4?.addresses.ue;
    this.#udp = new UdpProxy({
      policy,
      openSocket,
      routeFor: () => scheduler,
      ...(routed && ueAddress !== undefined ? { source: { v4: ueAddress } } : {}),
    });
    if (ueAddress !== undefined) {
      this.#ip = new IpProxy({
        policy,
        openSocket,
        addresses: { v4: parseIp(ueAddress) },
        gateway: { v4: gateway },
        route: scheduler,
      });
    }
    const http = Http3Session.server(quic, {
      proxyName: name,
      proxy: { tunnelRequested: (request) => this.#open(request) },
    });
    http.useScheduler(scheduler);
  }

  report(): UserPlaneReport {
    const { quic, kid, n4 } = this.#options;
    return {
      kid: toHex(kid),
      ueAddress: n4?.addresses.ue,
      steering: this.#steering.type,
      udp: this.#udp.counters,
      ip: this.#ip?.counters,
      paths: quic.paths.map((path) => ({
        id: path.id,
        access: this.#accessOf(path),
        local: formatAddress(path.local),
        remote: formatAddress(path.remote),
        rttMs: path.smoothedRtt / 1000,
        bytesSent: path.bytesSent,
        bytesReceived: path.bytesReceived,
        packetsSent: path.packetsSent,
        packetsReceived: path.packetsReceived,
        packetsLost: path.packetsLost,
      })),
    };
  }

  close(): void {
    this.#udp.close();
    this.#ip?.close();
  }

  #open(request: TunnelRequest): TunnelHandler {
    const { destination } = request;
    if (destination.protocol === 'connect-udp') return this.#udp.open(request, destination.target);
    if (this.#ip !== undefined) return this.#ip.open(request, destination.scope);
    request.refuse({ error: 'http_request_denied', details: 'the PSK belongs to no PDU session' });
    return { receive: () => undefined, ended: () => undefined };
  }
}
