import type { Instant } from '@mpquic/wire';
import type { Http3Event } from '../http3-event.ts';
import type { RequestHead } from '../message.ts';
import type { DatagramRoute } from '../transport.ts';
import type { Refusal } from './proxy-status.ts';
import { type IpScope, parseIpPath, parseUdpPath, type UdpTarget } from './target.ts';
import type { TransportMode, TunnelHandler } from './tunnel.ts';
import type { TunnelProtocol } from './tunnel-head.ts';

/** What a proxy does with the requests of one client. */
export interface ProxyHandler {
  /** Returns what takes the payloads once the request is accepted. */
  tunnelRequested(request: TunnelRequest): TunnelHandler;
  /** Any other request; undefined answers 404. */
  requested?(streamId: number, head: RequestHead): boolean;
  /** What comes on streams of such requests. */
  streamEvent?(event: Http3Event): void;
}

/** A client asks for a tunnel. It is answered once, at any later time; its end may come before that. */
export interface TunnelRequest {
  readonly streamId: number;
  readonly head: RequestHead;
  readonly destination: TunnelDestination;
  /**
   * Sends 200 and opens the tunnel. `route` says how datagrams towards the client are sent, `mode` how payloads
   * travel: without it with numbers where the client offers to read them.
   */
  accept(now: Instant, route?: DatagramRoute, mode?: TransportMode): void;
  refuse(refusal: Refusal): void;
}

export type TunnelDestination =
  | { readonly protocol: 'connect-udp'; readonly target: UdpTarget }
  | { readonly protocol: 'connect-ip'; readonly scope: IpScope };

/** Where the path of a request leads. @throws {Http3StreamError} 400. RFC 9298 §3.2, RFC 9484 §4.6 */
export function tunnelDestination(protocol: TunnelProtocol, path: string): TunnelDestination {
  return protocol === 'connect-udp'
    ? { protocol, target: parseUdpPath(path) }
    : { protocol, scope: parseIpPath(path) };
}
