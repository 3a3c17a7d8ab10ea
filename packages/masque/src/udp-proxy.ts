import { type Clock, monotonicClock, type OpenDatagramSocket } from '@mpquic/endpoint';
import {
  type DatagramRoute,
  Http3ErrorCode,
  type Refusal,
  type TargetPolicy,
  type TransportMode,
  type Tunnel,
  type TunnelEnd,
  type TunnelHandler,
  type TunnelRequest,
  type UdpTarget,
} from '@mpquic/http3';
import { type ResolveHost, resolveHost, systemResolver } from './resolve-host.ts';
import { TargetBatch } from './target-batch.ts';
import { TargetSocket } from './target-socket.ts';

export interface UdpProxyOptions {
  readonly policy: TargetPolicy;
  readonly resolve?: ResolveHost;
  readonly openSocket?: OpenDatagramSocket | undefined;
  /** Where to send from, by IP version: the address of the session, where it is one of this host's. */
  readonly source?: { readonly v4?: string; readonly v6?: string };
  /** Tunnels that one client has at once. Default 1,000. */
  readonly maximumTunnels?: number;
  /** Milliseconds without a datagram until a tunnel is closed; at least two minutes. RFC 9298 §3.1 */
  readonly idleTimeoutMs?: number;
  readonly clock?: Clock;
  /** How payloads go towards the client, for each flow. */
  readonly treatmentOf?: (flow: UdpFlow) => FlowTreatment;
}

/** How the payloads of a flow go towards the client. */
export interface FlowTreatment {
  readonly route: DatagramRoute | undefined;
  /** Undefined for what the client offered. */
  readonly mode: TransportMode | undefined;
}

/** What a tunnel leads to. */
export interface UdpFlow {
  readonly target: UdpTarget;
  /** 4 or 16 octets: the address that was chosen. */
  readonly address: Uint8Array;
}

export interface UdpProxyCounters {
  readonly tunnels: number;
  readonly accepted: number;
  readonly refused: number;
  /** Payloads towards the target that were dropped: larger than its link, or the socket was full. */
  readonly uplinkDrops: number;
  readonly downlinkDrops: number;
  readonly uplinkPayloads: number;
  readonly uplinkOctets: number;
  readonly downlinkPayloads: number;
  readonly downlinkOctets: number;
}

const IDLE_TIMEOUT_MS = 120_000;

/** CONNECT-UDP for one client: DNS, policy, and a socket for each tunnel. RFC 9298 §3.1 */
export class UdpProxy {
  readonly #options: UdpProxyOptions;
  readonly #clock: Clock;
  readonly #tunnels = new Set<ProxiedUdp>();
  readonly #batch: TargetBatch;
  readonly #counters = {
    accepted: 0,
    refused: 0,
    uplinkDrops: 0,
    downlinkDrops: 0,
    uplinkPayloads: 0,
    uplinkOctets: 0,
    downlinkPayloads: 0,
    downlinkOctets: 0,
  };
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(options: UdpProxyOptions) {
    this.#options = options;
    this.#clock = options.clock ?? monotonicClock;
    this.#batch = new TargetBatch(this.#clock);
  }

  get counters(): UdpProxyCounters {
    return { tunnels: this.#tunnels.size, ...this.#counters };
  }

  /** Takes a request for `connect-udp`: it is answered once the target is known and a socket is open. */
  open(request: TunnelRequest, target: UdpTarget): TunnelHandler {
    const proxied = new ProxiedUdp(this.#counters, () => this.#tunnels.delete(proxied));
    if (this.#tunnels.size >= (this.#options.maximumTunnels ?? 1_000)) {
      this.#refuse(request, { error: 'connection_limit_reached' });
      return proxied;
    }
    this.#tunnels.add(proxied);
    void this.#connect(request, target, proxied);
    this.#watchIdle();
    return proxied;
  }

  /** Asks anew how each flow is to go. The mode of a tunnel that is open stays as it is. */
  reroute(): void {
    for (const proxied of this.#tunnels) {
      if (proxied.flow === undefined) continue;
      proxied.setRoute(this.#options.treatmentOf?.(proxied.flow).route);
    }
  }

  /** Ends what waits for idle tunnels; they end with their streams. */
  close(): void {
    clearInterval(this.#idleTimer);
    for (const proxied of [...this.#tunnels]) proxied.close('the proxy stops');
  }

  async #connect(request: TunnelRequest, target: UdpTarget, proxied: ProxiedUdp): Promise<void> {
    const { policy, resolve = systemResolver, source, openSocket } = this.#options;
    const resolved = await resolveHost(target.host, resolve);
    if (proxied.isOver) return;
    if ('refusal' in resolved) {
      this.#refuse(request, resolved.refusal);
      return;
    }
    const address = resolved.addresses.find((candidate) => policy.allows(candidate, target.port));
    if (address === undefined) {
      this.#refuse(request, { error: 'destination_ip_prohibited' });
      return;
    }
    try {
      const socket = await TargetSocket.open({
        address,
        port: target.port,
        source: address.length === 4 ? source?.v4 : source?.v6,
        openSocket,
        clock: this.#clock,
        batch: this.#batch,
        receive: (payload) => proxied.fromTarget(payload),
        failed: (code) => proxied.fail(code),
      });
      if (proxied.adopt(socket)) {
        this.#counters.accepted += 1;
        proxied.flow = { target, address };
        const treatment = this.#options.treatmentOf?.(proxied.flow);
        request.accept(this.#clock.now(), treatment?.route, treatment?.mode);
      }
    } catch (error) {
      this.#refuse(request, refusalOf(error as NodeJS.ErrnoException));
    }
  }

  #refuse(request: TunnelRequest, refusal: Refusal): void {
    this.#counters.refused += 1;
    request.refuse(refusal);
  }

  #watchIdle(): void {
    if (this.#idleTimer !== undefined) return;
    const limit = Math.max(this.#options.idleTimeoutMs ?? IDLE_TIMEOUT_MS, IDLE_TIMEOUT_MS);
    this.#idleTimer = setInterval(() => {
      const oldest = this.#clock.now() - limit * 1000;
      for (const proxied of [...this.#tunnels]) {
        if (proxied.lastUsed < oldest) proxied.close('idle');
      }
      if (this.#tunnels.size > 0) return;
      clearInterval(this.#idleTimer);
      this.#idleTimer = undefined;
    }, limit / 4);
    this.#idleTimer.unref();
  }
}

interface FlowCounters {
  uplinkDrops: number;
  downlinkDrops: number;
  uplinkPayloads: number;
  uplinkOctets: number;
  downlinkPayloads: number;
  downlinkOctets: number;
}

/** One tunnel and its socket. */
class ProxiedUdp implements TunnelHandler {
  /** The target's socket takes copies. */
  readonly lent = true;
  readonly #counters: FlowCounters;
  readonly #released: () => void;
  #tunnel: Tunnel | undefined;
  #socket: TargetSocket | undefined;
  #over: TunnelEnd | undefined;
  /** Once the target is known. */
  flow: UdpFlow | undefined;

  constructor(counters: FlowCounters, released: () => void) {
    this.#counters = counters;
    this.#released = released;
  }

  /** Whether the client gave up, or the stream ended. */
  get isOver(): boolean {
    return this.#over !== undefined;
  }

  /** Never, where it has no socket yet: that is not idleness. */
  get lastUsed(): number {
    return this.#socket?.lastUsed ?? Number.POSITIVE_INFINITY;
  }

  /** False where the client gave up meanwhile. */
  adopt(socket: TargetSocket): boolean {
    if (this.isOver) {
      socket.close();
      return false;
    }
    this.#socket = socket;
    return true;
  }

  opened(tunnel: Tunnel): void {
    this.#tunnel = tunnel;
  }

  setRoute(route: DatagramRoute | undefined): void {
    this.#tunnel?.setRoute(route);
  }

  receive(payload: Uint8Array): void {
    if (this.#socket?.send(payload) === true) {
      this.#counters.uplinkPayloads += 1;
      this.#counters.uplinkOctets += payload.length;
    } else {
      this.#counters.uplinkDrops += 1;
    }
  }

  fromTarget(payload: Uint8Array): void {
    if (this.#tunnel?.send(payload) === 'sent') {
      this.#counters.downlinkPayloads += 1;
      this.#counters.downlinkOctets += payload.length;
    } else {
      this.#counters.downlinkDrops += 1;
    }
  }

  /** The target takes nothing: the stream ends with the socket. RFC 9298 §3.1 */
  fail(code: string): void {
    this.#tunnel?.abort(Http3ErrorCode.H3_CONNECT_ERROR, `the target is unreachable: ${code}`);
  }

  close(reason: string): void {
    this.#tunnel?.close(reason);
  }

  ended(end: TunnelEnd): void {
    this.#over = end;
    this.#tunnel = undefined;
    this.#socket?.close();
    this.#released();
  }
}

function refusalOf({ code = 'unknown' }: NodeJS.ErrnoException): Refusal {
  switch (code) {
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return { error: 'destination_ip_unroutable', details: code };
    case 'EACCES':
    case 'EPERM':
      return { error: 'destination_ip_prohibited', details: code };
    case 'EMFILE':
    case 'ENFILE':
    case 'ENOBUFS':
      return { error: 'connection_limit_reached', details: code };
    default:
      return { error: 'proxy_internal_error', details: code };
  }
}
