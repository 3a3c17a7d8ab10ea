import { Http3StreamError } from '../error-code.ts';
import { icmpType } from './icmp.ts';
import {
  type AddressEntry,
  compareRanges,
  decodeAssignments,
  decodeRequests,
  decodeRoutes,
  type IpRange,
} from './ip-capsules.ts';
import { type IpHeader, IpProtocol } from './ip-packet.ts';
import { compareAddresses, contains, type IpAddress, type IpPrefix, rangeOf } from './ip-prefix.ts';
import type { IpScope } from './target.ts';

/** Chooses an address for a request of the peer; undefined refuses it. */
export type AssignAddress = (request: AddressEntry) => IpPrefix | undefined;

/** Addresses and routes of both ends of an IP tunnel, and what they let pass. RFC 9484 §4.7, §11 */
export class IpAddressing {
  #own: readonly IpPrefix[] = [];
  #peer: readonly IpPrefix[] = [];
  #peerRoutes: readonly IpRange[] = [];
  #ownRoutes: readonly IpRange[] = [];
  #nextRequestId = 1;
  readonly #peerRequestIds = new Set<number>();

  /** Addresses that this side may send from. */
  get own(): readonly IpPrefix[] {
    return this.#own;
  }

  /** Addresses that this side assigned to the peer. */
  get peer(): readonly IpPrefix[] {
    return this.#peer;
  }

  /** Destinations that the peer forwards to. */
  get peerRoutes(): readonly IpRange[] {
    return this.#peerRoutes;
  }

  /** Entries for ADDRESS_REQUEST, each with an ID of its own. */
  request(prefixes: readonly IpPrefix[]): readonly AddressEntry[] {
    return prefixes.map((prefix) => ({ requestId: this.#nextRequestId++, prefix }));
  }

  /** The peer has these addresses and no others. */
  assign(prefixes: readonly IpPrefix[]): readonly AddressEntry[] {
    this.#peer = prefixes;
    return prefixes.map((prefix) => ({ requestId: 0, prefix }));
  }

  /** What this side forwards to, in the order of ROUTE_ADVERTISEMENT. */
  advertise(ranges: readonly IpRange[]): readonly IpRange[] {
    this.#ownRoutes = [...ranges].sort(compareRanges);
    return this.#ownRoutes;
  }

  /** ADDRESS_ASSIGN of the peer. @throws {Http3StreamError} */
  receiveAssignments(value: Uint8Array): readonly IpPrefix[] {
    const prefixes = decodeAssignments(value).map(({ prefix }) => prefix);
    this.#own = prefixes.filter((prefix) => !isRefusal(prefix));
    return this.#own;
  }

  /** ROUTE_ADVERTISEMENT of the peer. @throws {Http3StreamError} */
  receiveRoutes(value: Uint8Array): readonly IpRange[] {
    this.#peerRoutes = decodeRoutes(value);
    return this.#peerRoutes;
  }

  /** ADDRESS_REQUEST of the peer: the entries of the ADDRESS_ASSIGN that answers it. @throws {Http3StreamError} */
  receiveRequests(value: Uint8Array, choose: AssignAddress): readonly AddressEntry[] {
    const answers: AddressEntry[] = [];
    for (const request of decodeRequests(value)) {
      this.#noteRequest(request.requestId);
      const prefix = choose(request) ?? refusalOf(request.prefix);
      answers.push({ requestId: request.requestId, prefix });
    }
    const kept = this.#peer.map((prefix) => ({ requestId: 0, prefix }));
    const all = [...answers, ...kept];
    this.#peer = all.map(({ prefix }) => prefix).filter((prefix) => !isRefusal(prefix));
    return all;
  }

  /** BCP 38: sources are assigned addresses; ICMP may come from routers on the way. RFC 9484 §11 */
  maySendFrom(header: IpHeader, packet: Uint8Array): boolean {
    if (this.#peer.some((prefix) => contains(prefix, header.source))) return true;
    // The far side of a tunnel is a router: what it forwards has sources of the routes it advertised.
    if (this.#peerRoutes.some((range) => inRange(range, header.source))) return true;
    return this.#peerRoutes.length > 0 && icmpType(packet, header) !== undefined;
  }

  /** Whether a packet of the peer has somewhere to go. */
  mayReach({ destination, protocol, version }: IpHeader): boolean {
    if (this.#own.some((prefix) => contains(prefix, destination))) return true;
    const icmp = protocol === (version === 4 ? IpProtocol.icmp : IpProtocol.icmpv6);
    return this.#ownRoutes.some((range) => {
      const allowed = range.protocol === 0 || range.protocol === protocol || icmp;
      return allowed && inRange(range, destination);
    });
  }

  #noteRequest(requestId: number): void {
    if (this.#peerRequestIds.has(requestId)) {
      throw new Http3StreamError('H3_MESSAGE_ERROR', 'ADDRESS_REQUEST: a request ID comes again');
    }
    if (this.#peerRequestIds.size >= MAXIMUM_REQUESTS) {
      throw new Http3StreamError('H3_EXCESSIVE_LOAD', 'ADDRESS_REQUEST: too many requests');
    }
    this.#peerRequestIds.add(requestId);
  }
}

/** What is left of routes in the scope of a request, as far as that names addresses. RFC 9484 §4.6 */
export function scopeRanges(scope: IpScope, all: readonly IpRange[]): readonly IpRange[] {
  const protocol = scope.protocol === '*' ? 0 : scope.protocol;
  const { target } = scope;
  if (target === '*' || 'name' in target) return all.map((range) => ({ ...range, protocol }));
  return all
    .filter((range) => range.start.length === target.address.length)
    .flatMap((range) => intersect(range, target, protocol));
}

function intersect(range: IpRange, prefix: IpPrefix, protocol: number): readonly IpRange[] {
  const wanted = rangeOf(prefix);
  const start = compareAddresses(range.start, wanted.start) > 0 ? range.start : wanted.start;
  const end = compareAddresses(range.end, wanted.end) < 0 ? range.end : wanted.end;
  return compareAddresses(start, end) > 0 ? [] : [{ start, end, protocol }];
}

function inRange({ start, end }: IpRange, address: IpAddress): boolean {
  if (start.length !== address.length) return false;
  return compareAddresses(start, address) <= 0 && compareAddresses(address, end) <= 0;
}

/** 0.0.0.0/32 or ::/128 says that nothing was assigned. RFC 9484 §4.7.2 */
function isRefusal({ address, length }: IpPrefix): boolean {
  return length === 8 * address.length && address.every((octet) => octet === 0);
}

function refusalOf({ address }: IpPrefix): IpPrefix {
  return { address: new Uint8Array(address.length), length: 8 * address.length };
}

const MAXIMUM_REQUESTS = 256;
