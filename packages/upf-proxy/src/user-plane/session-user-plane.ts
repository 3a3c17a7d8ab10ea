import type { OpenDatagramSocket, QuicSession } from '@mpquic/endpoint';
import {
  IpProtocol,
  type TargetPolicy,
  type TunnelHandler,
  type TunnelRequest,
} from '@mpquic/http3';
import {
  Http3Session,
  IpProxy,
  type IpProxyCounters,
  type OpenForwarder,
  UdpProxy,
  type UdpProxyCounters,
} from '@mpquic/masque';
import type { AccessOf } from '@mpquic/quic';
import { type Address, formatAddress, parseIp, sameAddress, toHex } from '@mpquic/wire';
import { type DownlinkRules, DownlinkSteering } from './downlink-steering.ts';

/** The rules and the address of an N4 session. */
export interface SessionRules extends DownlinkRules {
  /** `ue` is IP@3 of TS 23.501 §5.32.6.2.2. */
  readonly addresses: { readonly ue: string };
}

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
  readonly n4: SessionRules | undefined;
  /** The client's address where it has no session; undefined where none was left. */
  readonly ownAddress: string | undefined;
  readonly openForwarder: OpenForwarder | undefined;
  /** Where this UPF listens for the non-3GPP access: paths elsewhere are those of 3GPP access. */
  readonly accessNon3gpp: Address | undefined;
}

const NO_RULES: DownlinkRules = { pdrs: [], mars: [] };

/** What one connection carried. */
export interface UserPlaneReport {
  readonly kid: string;
  /** IP@3 of its session, or an address for the time of the connection. */
  readonly ueAddress: string | undefined;
  /** Of traffic that no rule names apart. */
  readonly steering: DownlinkSteering['general'];
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
  readonly #ueAddress: string | undefined;
  readonly #http: Http3Session;
  readonly #steering: DownlinkSteering;
  readonly #accessOf: AccessOf;

  constructor(options: SessionUserPlaneOptions) {
    const { quic, name, policy, openSocket, n4, gateway, routed, accessNon3gpp } = options;
    this.#options = options;
    this.#accessOf = ({ local }) => {
      const second = accessNon3gpp !== undefined && sameAddress(local, accessNon3gpp);
      return second ? 'non-3gpp' : '3gpp';
    };
    const steering = new DownlinkSteering(() => n4 ?? NO_RULES, this.#accessOf);
    this.#steering = steering;
    const ueAddress = n4?.addresses.ue ?? options.ownAddress;
    this.#udp = new UdpProxy({
      policy,
      openSocket,
      treatmentOf: ({ target, address }) => {
        const flow = { protocol: IpProtocol.udp, address, port: target.port, name: target.host };
        const treatment = steering.treatmentOf(flow);
        if (treatment.mode === 'stream') this.#http.useScheduler(treatment.route);
        return treatment;
      },
      ...(routed && ueAddress !== undefined ? { source: { v4: ueAddress } } : {}),
    });
    this.#ueAddress = ueAddress;
    if (ueAddress !== undefined) {
      this.#ip = new IpProxy({
        policy,
        openSocket,
        openForwarder: options.openForwarder,
        addresses: { v4: parseIp(ueAddress) },
        gateway: { v4: gateway },
        routeOf: (flow) => steering.treatmentOf(flow).route,
      });
    }
    this.#http = Http3Session.server(quic, {
      proxyName: name,
      proxy: { tunnelRequested: (request) => this.#open(request) },
    });
    this.#http.useScheduler(steering.generalScheduler);
  }

  report(): UserPlaneReport {
    const { quic, kid } = this.#options;
    return {
      kid: toHex(kid),
      ueAddress: this.#ueAddress,
      steering: this.#steering.general,
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

  /** Where the rules are those of this connection, its flows go by the new ones from now on. */
  rulesChanged(changed: SessionRules): void {
    if (changed !== this.#options.n4) return;
    this.#udp.reroute();
    this.#ip?.reroute();
    this.#http.useScheduler(this.#steering.generalScheduler);
  }

  close(): void {
    this.#udp.close();
    this.#ip?.close();
  }

  #open(request: TunnelRequest): TunnelHandler {
    const { destination } = request;
    if (destination.protocol === 'connect-udp') return this.#udp.open(request, destination.target);
    if (this.#ip !== undefined) return this.#ip.open(request, destination.scope);
    request.refuse({ error: 'http_request_denied', details: 'no address is left' });
    return { receive: () => undefined, ended: () => undefined };
  }
}
