import { equalBytes, type Instant, parseIp } from '@mpquic/wire';
import { CapsuleType } from '../capsule.ts';
import { Http3StreamError } from '../error-code.ts';
import type { DatagramRoute } from '../transport.ts';
import { answersMtuProbe, echoReply, type ForwardingError, icmpError, mtuProbe } from './icmp.ts';
import { type AssignAddress, IpAddressing } from './ip-addressing.ts';
import { type AddressEntry, encodeAddresses, encodeRoutes, type IpRange } from './ip-capsules.ts';
import { decrementHopLimit, type IpHeader, readIpHeader } from './ip-packet.ts';
import type { IpAddress, IpPrefix } from './ip-prefix.ts';
import { MtuCheck } from './mtu-check.ts';
import { TokenBucket } from './token-bucket.ts';
import type { Tunnel, TunnelEnd, TunnelHandler } from './tunnel.ts';

/** Why packets were not passed on. */
export type IpDrop =
  | 'malformed'
  | 'source_policy'
  | 'no_route'
  | 'link_local'
  | 'hop_limit'
  | 'too_big'
  | 'no_room';

export interface IpTunnelOptions {
  /** Takes a packet of the peer, checked, as a view that stays unchanged. */
  readonly receive: (packet: Uint8Array, header: IpHeader, now: Instant) => void;
  readonly opened?: (tunnel: IpTunnel, now: Instant) => void;
  readonly ended: (end: TunnelEnd) => void;
  /** The peer assigned addresses to this side: all that it has now. Refused requests are not among them. */
  readonly addressesChanged?: (addresses: readonly IpPrefix[]) => void;
  /** What the peer forwards to: all of it. */
  readonly routesChanged?: (routes: readonly IpRange[]) => void;
  /** Without it the peer gets no address that it asks for. */
  readonly assign?: AssignAddress;
  /**
   * This side as a router: where its ICMP errors come from, and what answers echo requests. A host uses the
   * addresses that it was assigned.
   */
  readonly gateway?: { readonly v4?: IpAddress; readonly v6?: IpAddress };
}

/**
 * An IP link over a CONNECT-IP tunnel: addresses and routes of both sides, what may pass (BCP 38), and the
 * ICMP errors of what may not. RFC 9484 §4.7, §7
 */
export class IpTunnel implements TunnelHandler {
  readonly #options: IpTunnelOptions;
  readonly #addressing = new IpAddressing();
  readonly #mtuCheck = new MtuCheck(() => this.#sendMtuProbe());
  readonly #icmpBudget = new TokenBucket(ICMP_RATE, ICMP_BURST);
  readonly #drops = new Map<IpDrop, number>();
  #tunnel: Tunnel | undefined;

  constructor(options: IpTunnelOptions) {
    this.#options = options;
  }

  /** Addresses that this side may send from. */
  get addresses(): readonly IpPrefix[] {
    return this.#addressing.own;
  }

  /** Destinations that the peer forwards to. */
  get routes(): readonly IpRange[] {
    return this.#addressing.peerRoutes;
  }

  get peerAddresses(): readonly IpPrefix[] {
    return this.#addressing.peer;
  }

  get drops(): ReadonlyMap<IpDrop, number> {
    return this.#drops;
  }

  /** Octets of the largest packet that fits now. */
  get mtu(): number {
    return this.#tunnel?.maximumPayload ?? 0;
  }

  opened(tunnel: Tunnel, now: Instant): void {
    this.#tunnel = tunnel;
    this.#options.opened?.(this, now);
  }

  ended(end: TunnelEnd): void {
    this.#tunnel = undefined;
    this.#options.ended(end);
  }

  close(reason?: string): void {
    this.#tunnel?.close(reason);
  }

  /** Asks for addresses: all-zero ones leave the choice to the peer. */
  requestAddresses(prefixes: readonly IpPrefix[]): void {
    const entries = this.#addressing.request(prefixes);
    this.#tunnel?.sendCapsule(CapsuleType.addressRequest, encodeAddresses(entries));
  }

  /** Gives the peer all its addresses, unasked. @throws {Http3StreamError} */
  assignAddresses(prefixes: readonly IpPrefix[], now: Instant): void {
    this.#sendAssignment(this.#addressing.assign(prefixes), now);
  }

  /** Tells the peer what this side forwards to: ranges that do not overlap, in any order. */
  advertiseRoutes(ranges: readonly IpRange[]): void {
    const routes = encodeRoutes(this.#addressing.advertise(ranges));
    this.#tunnel?.sendCapsule(CapsuleType.routeAdvertisement, routes);
  }

  nextTimeout(): Instant | undefined {
    return this.#mtuCheck.nextTimeout();
  }

  handleTimeout(now: Instant): void {
    if (this.#mtuCheck.handleTimeout(now)) return;
    throw new Http3StreamError('H3_CONNECT_ERROR', 'the tunnel does not carry 1280 octets');
  }

  receiveCapsule(type: number, value: Uint8Array, now: Instant): void {
    if (type === CapsuleType.addressAssign) {
      const addresses = this.#addressing.receiveAssignments(value);
      this.#requireMinimumMtu(addresses);
      this.#options.addressesChanged?.(addresses);
    } else if (type === CapsuleType.addressRequest) {
      const choose = this.#options.assign ?? (() => undefined);
      this.#sendAssignment(this.#addressing.receiveRequests(value, choose), now);
    } else if (type === CapsuleType.routeAdvertisement) {
      const routes = this.#addressing.receiveRoutes(value);
      this.#options.routesChanged?.(routes);
    }
  }

  /** A packet out of the tunnel. */
  receive(packet: Uint8Array, now: Instant): void {
    const header = readIpHeader(packet);
    if (header === undefined) {
      this.#drop('malformed');
    } else if (answersMtuProbe(packet, header, MTU_PROBE_ID)) {
      this.#mtuCheck.answered();
    } else if (isLinkLocal(header.source) || isLinkLocal(header.destination)) {
      // It stays on the link; an echo request proves the MTU. RFC 9484 §7.1
      if (header.version === 4 || !this.#answerEcho(packet, header)) this.#drop('link_local');
    } else if (!this.#addressing.maySendFrom(header, packet)) {
      this.#drop('source_policy');
      this.refuse({ type: 'source_policy' }, packet, header, now);
    } else if (this.#isGateway(header.destination)) {
      this.#answerEcho(packet, header);
    } else if (!this.#addressing.mayReach(header)) {
      this.#drop('no_route');
      this.refuse({ type: 'no_route' }, packet, header, now);
    } else {
      this.#options.receive(packet, header, now);
    }
  }

  /** How packets go that have no route of their own. */
  setRoute(route: DatagramRoute | undefined): void {
    this.#tunnel?.setRoute(route);
  }

  /** A packet of this side's own making. False where it was dropped. */
  send(packet: Uint8Array, route?: DatagramRoute): boolean {
    const outcome = this.#tunnel?.send(packet, route) ?? 'closed';
    if (outcome === 'too_large') this.#drop('too_big');
    else if (outcome !== 'sent') this.#drop('no_room');
    return outcome === 'sent';
  }

  /**
   * A packet that is forwarded into the tunnel: its hop limit falls by one, in place. Where it cannot go,
   * the result is the ICMP packet for its source, or undefined. RFC 9484 §7.1, §7.2
   * @param route in place of that of the tunnel
   */
  forward(packet: Uint8Array, now: Instant, route?: DatagramRoute): Uint8Array | undefined {
    const header = readIpHeader(packet);
    if (header === undefined) {
      this.#drop('malformed');
      return undefined;
    }
    if (header.hopLimit <= 1) {
      this.#drop('hop_limit');
      return this.#icmp({ type: 'time_exceeded' }, packet, header, now);
    }
    const { mtu } = this;
    if (packet.length > mtu) {
      this.#drop('too_big');
      return this.#icmp({ type: 'too_big', mtu }, packet, header, now);
    }
    decrementHopLimit(packet);
    this.send(packet, route);
    return undefined;
  }

  /** Sends the peer an ICMP error about one of its packets. */
  refuse(error: ForwardingError, packet: Uint8Array, header: IpHeader, now: Instant): void {
    const icmp = this.#icmp(error, packet, header, now);
    if (icmp !== undefined) this.send(icmp);
  }

  #sendAssignment(entries: readonly AddressEntry[], now: Instant): void {
    this.#requireMinimumMtu(this.#addressing.peer);
    this.#tunnel?.sendCapsule(CapsuleType.addressAssign, encodeAddresses(entries));
    if (this.#addressing.peer.some(({ address }) => address.length === 16)) {
      this.#mtuCheck.start(now);
    }
  }

  /** IPv6 needs a link of 1280 octets. RFC 9484 §7.1 @throws {Http3StreamError} */
  #requireMinimumMtu(prefixes: readonly IpPrefix[]): void {
    if (prefixes.every(({ address }) => address.length === 4) || this.mtu >= IPV6_MTU) return;
    throw new Http3StreamError('H3_CONNECT_ERROR', 'the tunnel is too narrow for IPv6');
  }

  #sendMtuProbe(): void {
    const source = this.#selfAddress(6);
    if (source !== undefined) this.send(mtuProbe(source, ALL_NODES, MTU_PROBE_ID));
  }

  #selfAddress(version: 4 | 6): IpAddress | undefined {
    const { gateway } = this.#options;
    const router = version === 4 ? gateway?.v4 : gateway?.v6;
    const length = version === 4 ? 4 : 16;
    return router ?? this.addresses.find(({ address }) => address.length === length)?.address;
  }

  #isGateway(destination: IpAddress): boolean {
    const { gateway } = this.#options;
    const own = destination.length === 4 ? gateway?.v4 : gateway?.v6;
    return own !== undefined && equalBytes(own, destination);
  }

  #answerEcho(packet: Uint8Array, header: IpHeader): boolean {
    const source = this.#selfAddress(header.version);
    const reply = source && echoReply(packet, header, source);
    return reply !== undefined && this.send(reply);
  }

  #icmp(
    error: ForwardingError,
    packet: Uint8Array,
    header: IpHeader,
    now: Instant,
  ): Uint8Array | undefined {
    const source = this.#selfAddress(header.version);
    const message = source && icmpError(error, packet, header, source);
    return message !== undefined && this.#icmpBudget.take(now) ? message : undefined;
  }

  #drop(reason: IpDrop): void {
    this.#drops.set(reason, (this.#drops.get(reason) ?? 0) + 1);
  }
}

function isLinkLocal(address: IpAddress): boolean {
  const first = address[0] as number;
  const second = address[1] as number;
  if (address.length === 4) return first === 169 && second === 254;
  const unicast = first === 0xfe && (second & 0xc0) === 0x80;
  return unicast || (first === 0xff && (second & 0x0f) === 2);
}

const IPV6_MTU = 1280;
/** RFC 4291 §2.7.1 */
const ALL_NODES: IpAddress = parseIp('ff02::1');
const MTU_PROBE_ID = 1;
/** ICMP errors per second, and at once. RFC 4443 §2.4 (f) */
const ICMP_RATE = 100;
const ICMP_BURST = 20;
