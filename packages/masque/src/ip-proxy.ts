import { type Clock, monotonicClock, type OpenDatagramSocket } from '@mpquic/endpoint';
import {
  type DatagramRoute,
  type IpAddress,
  type IpDrop,
  type IpPrefix,
  type IpRange,
  type IpScope,
  IpTunnel,
  parsePrefix,
  type Refusal,
  rangeOf,
  scopeRanges,
  type TargetPolicy,
  type TransportMode,
  type TunnelHandler,
  type TunnelRequest,
} from '@mpquic/http3';
import { FlowRoutes } from './flow-routes.ts';
import type { IpFlow, IpForwarder, OpenForwarder } from './ip-forwarder.ts';
import { type ResolveHost, resolveHost, systemResolver } from './resolve-host.ts';
import { UserSpaceNat } from './user-space-nat.ts';

export interface IpProxyOptions {
  readonly policy: TargetPolicy;
  /** The client's address in the data network, by IP version. */
  readonly addresses: { readonly v4?: IpAddress; readonly v6?: IpAddress };
  /** This router, towards the client. */
  readonly gateway: { readonly v4?: IpAddress; readonly v6?: IpAddress };
  readonly resolve?: ResolveHost;
  readonly openSocket?: OpenDatagramSocket | undefined;
  /** Tunnels that one client has at once. Default 16. */
  readonly maximumTunnels?: number;
  readonly clock?: Clock;
  /** How packets towards the client are sent, for each flow; asked once. */
  readonly routeOf?: (flow: IpFlow) => DatagramRoute | undefined;
  /** How packets travel towards the client; undefined for what it offered. */
  readonly mode?: TransportMode | undefined;
  /** How packets get to the data network. Default: {@link UserSpaceNat}. */
  readonly openForwarder?: OpenForwarder | undefined;
}

export interface IpProxyCounters {
  readonly tunnels: number;
  readonly accepted: number;
  readonly refused: number;
  readonly flows: number;
  readonly uplinkPackets: number;
  readonly downlinkPackets: number;
  /** Packets that were not passed on, by reason. */
  readonly drops: { readonly [R in IpDrop]?: number };
}

interface ProxiedIp {
  readonly tunnel: IpTunnel;
  readonly forwarder: IpForwarder;
  /** Names of a scope, resolved. */
  ranges: readonly IpRange[];
  over: boolean;
}

/** CONNECT-IP for one client. RFC 9484 */
export class IpProxy {
  readonly #options: IpProxyOptions;
  readonly #clock: Clock;
  readonly #tunnels = new Set<ProxiedIp>();
  readonly #routes: FlowRoutes;
  #accepted = 0;
  #refused = 0;
  #uplinkPackets = 0;
  #downlinkPackets = 0;
  /** Of tunnels that are over. */
  readonly #drops: { [R in IpDrop]?: number } = {};

  constructor(options: IpProxyOptions) {
    this.#options = options;
    this.#clock = options.clock ?? monotonicClock;
    this.#routes = new FlowRoutes((flow) => options.routeOf?.(flow));
  }

  get counters(): IpProxyCounters {
    let flows = 0;
    const drops: { [R in IpDrop]?: number } = { ...this.#drops };
    for (const { tunnel } of this.#tunnels) addDrops(drops, tunnel);
    for (const { forwarder } of this.#tunnels) flows += forwarder.flows;
    return {
      tunnels: this.#tunnels.size,
      accepted: this.#accepted,
      refused: this.#refused,
      flows,
      uplinkPackets: this.#uplinkPackets,
      downlinkPackets: this.#downlinkPackets,
      drops,
    };
  }

  /** Takes a request for `connect-ip`. A name in its scope is resolved before the answer. RFC 9484 §4.1 */
  open(request: TunnelRequest, scope: IpScope): TunnelHandler {
    const proxied = this.#proxied();
    if (this.#tunnels.size >= (this.#options.maximumTunnels ?? 16)) {
      this.#refused += 1;
      request.refuse({ error: 'connection_limit_reached' });
    } else {
      this.#tunnels.add(proxied);
      void this.#answer(request, scope, proxied);
    }
    return proxied.tunnel;
  }

  /** Asks anew how each flow is to go. */
  reroute(): void {
    this.#routes.clear();
  }

  close(): void {
    for (const { tunnel } of [...this.#tunnels]) tunnel.close('the proxy stops');
  }

  async #answer(request: TunnelRequest, scope: IpScope, proxied: ProxiedIp): Promise<void> {
    const ranges = await this.#rangesOf(scope);
    if (proxied.over) return;
    if ('error' in ranges || ranges.length === 0) {
      this.#refused += 1;
      request.refuse('error' in ranges ? ranges : { error: 'destination_ip_prohibited' });
      return;
    }
    proxied.ranges = ranges;
    this.#accepted += 1;
    request.accept(this.#clock.now(), undefined, this.#options.mode);
  }

  async #rangesOf(scope: IpScope): Promise<readonly IpRange[] | Refusal> {
    const { target } = scope;
    const all = this.#allRanges();
    if (target === '*' || !('name' in target)) return scopeRanges(scope, all);
    const resolved = await resolveHost(target.name, this.#options.resolve ?? systemResolver);
    if ('refusal' in resolved) return resolved.refusal;
    const { policy } = this.#options;
    return resolved.addresses
      .filter((address) => policy.allows(address))
      .flatMap((address) => {
        const prefix: IpPrefix = { address, length: 8 * address.length };
        return scopeRanges({ ...scope, target: prefix }, all);
      });
  }

  /** All of each IP version in which the client has an address. */
  #allRanges(): readonly IpRange[] {
    const { v4, v6 } = this.#options.addresses;
    const prefixes = [...(v4 ? ['0.0.0.0/0'] : []), ...(v6 ? ['::/0'] : [])];
    return prefixes.map((prefix) => ({ ...rangeOf(parsePrefix(prefix)), protocol: 0 }));
  }

  #proxied(): ProxiedIp {
    const { addresses, gateway, policy, openSocket } = this.#options;
    const openForwarder: OpenForwarder =
      this.#options.openForwarder ??
      ((options) => new UserSpaceNat({ ...options, openSocket, clock: this.#clock }));
    const forwarder = openForwarder({
      policy,
      addresses: [addresses.v4, addresses.v6].filter((address) => address !== undefined),
      deliver: (packet, flow) => {
        this.#downlinkPackets += 1;
        const error = tunnel.forward(packet, this.#clock.now(), this.#routes.find(flow));
        // To the far end, where packets can get there as they are.
        if (error !== undefined) forwarder.returnError?.(error);
      },
      refuse: (error, packet, header) => tunnel.refuse(error, packet, header, this.#clock.now()),
    });
    const tunnel = new IpTunnel({
      gateway,
      assign: ({ prefix }) => {
        const address = prefix.address.length === 4 ? addresses.v4 : addresses.v6;
        return address && { address, length: 8 * address.length };
      },
      opened: (opened) => opened.advertiseRoutes(proxied.ranges),
      receive: (packet, header) => {
        this.#uplinkPackets += 1;
        forwarder.forward(packet, header);
      },
      ended: () => {
        proxied.over = true;
        forwarder.close();
        if (this.#tunnels.delete(proxied)) addDrops(this.#drops, tunnel);
      },
    });
    const proxied: ProxiedIp = { tunnel, forwarder, ranges: [], over: false };
    return proxied;
  }
}

function addDrops(sum: { [R in IpDrop]?: number }, { drops }: IpTunnel): void {
  for (const [reason, count] of drops) sum[reason] = (sum[reason] ?? 0) + count;
}
