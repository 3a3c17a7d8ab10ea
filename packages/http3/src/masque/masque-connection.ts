import type { Instant } from '@mpquic/wire';
import { CapsuleType } from '../capsule.ts';
import { Http3ErrorCode, Http3StreamError } from '../error-code.ts';
import type { Http3Connection } from '../http3-connection.ts';
import type { Http3Event } from '../http3-event.ts';
import type { RequestHead } from '../message.ts';
import type { DatagramRoute, LentDatagrams } from '../transport.ts';
import { type ProxyHandler, tunnelDestination } from './proxy-handler.ts';
import { type Refusal, refusalResponse } from './proxy-status.ts';
import type { ReorderingOptions } from './reordering-buffer.ts';
import { type TransportMode, Tunnel, type TunnelHandler, type TunnelOptions } from './tunnel.ts';
import {
  checkTunnelRequest,
  readTunnelResponse,
  type TunnelProtocol,
  tunnelRequest,
  tunnelResponse,
} from './tunnel-head.ts';

export interface MasqueOptions {
  readonly connection: Http3Connection;
  /** Name in Proxy-Status. */
  readonly proxyName?: string;
  /** Only a proxy has one. */
  readonly proxy?: ProxyHandler;
  readonly reordering?: ReorderingOptions;
}

export interface OpenTunnelOptions {
  readonly protocol: TunnelProtocol;
  readonly authority: string;
  readonly path: string;
  readonly mode: TransportMode;
  readonly handler: TunnelHandler;
  readonly route?: DatagramRoute | undefined;
}

/** What may come on the stream of a tunnel. */
type StreamEvent = Exclude<
  Http3Event,
  { readonly type: 'settings' | 'goaway' | 'request' | 'datagram' }
>;

/** A request that the proxy turned down, as the reason of a tunnel's end. */
const REFUSED = 'the proxy refused';

/** The tunnels of one HTTP/3 connection, as client or as proxy. */
export class MasqueConnection {
  readonly #options: MasqueOptions;
  readonly #http: Http3Connection;
  readonly #tunnels = new Map<number, Tunnel>();
  /** Modes that clients want for tunnels that are not open yet. */
  readonly #wanted = new Map<number, TransportMode>();
  #goaway = false;
  /** When the datagram came that is being received. */
  #now: Instant = 0;
  /** Whether nobody keeps any of it. */
  #isFree = false;

  constructor(options: MasqueOptions) {
    this.#options = options;
    this.#http = options.connection;
    this.#http.offerDatagrams((streamId, datagram, payloadAt) => {
      const tunnel = this.#tunnels.get(streamId);
      if (tunnel === undefined) return false;
      this.#isFree = this.#datagram(tunnel, datagram, this.#now, payloadAt);
      return true;
    });
  }

  get tunnels(): Iterable<Tunnel> {
    return this.#tunnels.values();
  }

  /** Whether the peer takes no more tunnels. */
  get draining(): boolean {
    return this.#goaway;
  }

  /** Client: asks for a tunnel; undefined while the peer allows no stream, or after GOAWAY. */
  open(options: OpenTunnelOptions): Tunnel | undefined {
    const { protocol, authority, path, mode, handler, route } = options;
    const sequence = mode === 'datagram-1';
    const head = tunnelRequest({ protocol, authority, path, sequence });
    const streamId = this.#http.request(head, false);
    if (streamId === undefined) return undefined;
    this.#wanted.set(streamId, mode);
    return this.#add(streamId, 'client', protocol, handler, route);
  }

  /**
   * The payload of a QUIC DATAGRAM frame, for the HTTP/3 connection: that of a tunnel goes straight there. True where
   * nobody keeps any of it.
   */
  receiveDatagram(datagram: Uint8Array, now: Instant): boolean {
    this.#now = now;
    this.#isFree = false;
    this.#http.receiveDatagram(datagram);
    this.pump(now);
    return this.#isFree;
  }

  /** As {@link receiveDatagram}, for datagrams that came together. True where nobody keeps octets of any. */
  receiveDatagrams(datagrams: LentDatagrams, now: Instant): boolean {
    let isFree = true;
    for (let i = 0; i < datagrams.length; i++) {
      if (this.#receiveLent(datagrams, i, now)) continue;
      if (!this.receiveDatagram(datagrams.at(i), now)) isFree = false;
    }
    return isFree;
  }

  /** The payload of a tunnel that borrows it goes straight there. False for anything else, which is left untouched. */
  #receiveLent(datagrams: LentDatagrams, index: number, now: Instant): boolean {
    const { octets } = datagrams;
    const start = datagrams.startOf(index);
    const first = octets[start] as number;
    const at = first < TWO_OCTETS ? 1 : 2;
    if (first >= FOUR_OCTETS || datagrams.lengthOf(index) <= at) return false;
    const quarter = at === 1 ? first : (first - TWO_OCTETS) * 256 + (octets[start + 1] as number);
    const tunnel = this.#tunnels.get(4 * quarter);
    if (tunnel?.borrows !== true || this.#http.closed) return false;
    if (octets[start + at] !== PLAIN_CONTEXT) return false;
    try {
      tunnel.receiveLent(datagrams.at(index, at + 1), now);
    } catch (error) {
      abortOf(tunnel, error);
    }
    return true;
  }

  /** Takes all events of the HTTP/3 connection. */
  pump(now: Instant): void {
    for (let event = this.#http.nextEvent(); event; event = this.#http.nextEvent()) {
      this.#take(event, now);
    }
  }

  nextTimeout(): Instant | undefined {
    let next: Instant | undefined;
    for (const tunnel of this.#tunnels.values()) {
      const timeout = tunnel.nextTimeout();
      if (timeout !== undefined && (next === undefined || timeout < next)) next = timeout;
    }
    return next;
  }

  handleTimeout(now: Instant): void {
    for (const tunnel of [...this.#tunnels.values()]) {
      this.#guard(tunnel, () => tunnel.handleTimeout(now));
    }
  }

  /** The connection is over: all tunnels end. */
  end(reason: string): void {
    for (const tunnel of [...this.#tunnels.values()]) {
      tunnel.receiveReset('peer', Http3ErrorCode.H3_CONNECT_ERROR, reason);
    }
  }

  #take(event: Http3Event, now: Instant): void {
    switch (event.type) {
      case 'settings':
        return;
      case 'goaway':
        this.#goaway = true;
        return;
      case 'request':
        this.#request(event.streamId, event.request);
        return;
      default: {
        const tunnel = this.#tunnels.get(event.streamId);
        if (tunnel === undefined) this.#options.proxy?.streamEvent?.(event);
        else if (event.type === 'datagram') this.#datagram(tunnel, event.payload, now, 0);
        else this.#guard(tunnel, () => this.#tunnelEvent(tunnel, event, now));
      }
    }
  }

  /** Apart from all other events, as there may be very many: no function is made for each. */
  #datagram(tunnel: Tunnel, datagram: Uint8Array, now: Instant, at: number): boolean {
    try {
      return tunnel.receiveDatagram(datagram, now, at);
    } catch (error) {
      abortOf(tunnel, error);
      return false;
    }
  }

  #tunnelEvent(tunnel: Tunnel, event: StreamEvent, now: Instant): void {
    switch (event.type) {
      case 'data':
        tunnel.receiveData(event.data, now);
        return;
      case 'response':
        if (!event.interim) this.#answered(tunnel, readTunnelResponse(event.response), now);
        return;
      case 'end':
        tunnel.receiveEnd();
        return;
      case 'reset':
        tunnel.receiveReset(event.by, event.code, event.reason);
        return;
      case 'stopped':
        // A proxy that refuses wants nothing more of the client, and its answer is on the way. RFC 9114 §4.1
        if (!tunnel.isOpen) return;
        this.#http.cancel(tunnel.streamId, event.code);
        tunnel.receiveReset('peer', event.code, 'the peer wants no more');
        return;
      case 'trailers':
      case 'writable':
    }
  }

  #answered(tunnel: Tunnel, answer: ReturnType<typeof readTunnelResponse>, now: Instant): void {
    const { streamId } = tunnel;
    const wanted = this.#wanted.get(streamId) ?? 'datagram-2';
    this.#wanted.delete(streamId);
    if (!answer.opened) {
      // RFC 9298 §3.1: whatever is no success makes the client abort.
      this.#http.cancel(streamId);
      const reason = `${REFUSED}: ${answer.reason}`;
      tunnel.receiveReset('peer', Http3ErrorCode.H3_CONNECT_ERROR, reason);
      return;
    }
    tunnel.setMode(wanted === 'datagram-1' && !answer.sequence ? 'datagram-2' : wanted);
    tunnel.open(now);
  }

  #request(streamId: number, head: RequestHead): void {
    const { proxy } = this.#options;
    if (proxy === undefined || head.protocol === undefined) {
      const taken = proxy?.requested?.(streamId, head) ?? false;
      if (!taken) this.#http.respond(streamId, { status: 404, fields: [] }, true);
      return;
    }
    const { protocol } = head;
    if (protocol !== 'connect-udp' && protocol !== 'connect-ip') {
      // RFC 9220 §3
      this.#http.respond(streamId, { status: 501, fields: [] }, true);
      this.#http.cancel(streamId, Http3ErrorCode.H3_NO_ERROR);
      return;
    }
    try {
      this.#tunnelRequested(proxy, streamId, head, protocol);
    } catch (error) {
      if (!(error instanceof Http3StreamError)) throw error;
      this.#http.failStream(streamId, error);
    }
  }

  #tunnelRequested(
    proxy: ProxyHandler,
    streamId: number,
    head: RequestHead,
    protocol: TunnelProtocol,
  ): void {
    const { sequence } = checkTunnelRequest(head);
    const destination = tunnelDestination(protocol, head.path ?? '');
    let decision: (() => void) | undefined;
    let known = false;
    const decide = (step: () => void): void => {
      if (known) step();
      else decision ??= step;
    };
    const handler = proxy.tunnelRequested({
      streamId,
      head,
      destination,
      accept: (now, route, mode) =>
        decide(() => this.#accept(streamId, sequence, now, { route, mode })),
      refuse: (refusal) => decide(() => this.#refuse(streamId, refusal)),
    });
    this.#add(streamId, 'proxy', protocol, handler, undefined);
    known = true;
    decision?.();
  }

  #accept(streamId: number, sequence: boolean, now: Instant, { route, mode }: Downlink): void {
    const tunnel = this.#tunnels.get(streamId);
    if (tunnel === undefined || tunnel.ended) return;
    this.#http.respond(streamId, tunnelResponse(sequence), false);
    if (route !== undefined) tunnel.setRoute(route);
    const wanted = mode ?? (sequence ? 'datagram-1' : 'datagram-2');
    // Numbers are for those who can read them.
    tunnel.setMode(wanted === 'datagram-1' && !sequence ? 'datagram-2' : wanted);
    this.#guard(tunnel, () => tunnel.open(now));
  }

  #refuse(streamId: number, refusal: Refusal): void {
    const tunnel = this.#tunnels.get(streamId);
    if (tunnel === undefined || tunnel.ended) return;
    const response = refusalResponse(this.#options.proxyName ?? 'proxy', refusal);
    this.#http.respond(streamId, response, true);
    this.#http.cancel(streamId, Http3ErrorCode.H3_NO_ERROR);
    tunnel.receiveReset('local', Http3ErrorCode.H3_REQUEST_REJECTED, refusal.error);
  }

  #add(
    streamId: number,
    role: 'client' | 'proxy',
    protocol: TunnelProtocol,
    handler: TunnelHandler,
    route: DatagramRoute | undefined,
  ): Tunnel {
    const tunnel = new Tunnel({
      connection: this.#http,
      streamId,
      role,
      ...LIMITS[protocol],
      reordering: this.#options.reordering,
      route,
      handler: {
        opened: (opened, now) => handler.opened?.(opened, now),
        receive: (payload, now) => handler.receive(payload, now),
        lent: handler.lent === true,
        receiveCapsule: (type, value, now) => handler.receiveCapsule?.(type, value, now),
        ended: (end) => {
          this.#tunnels.delete(streamId);
          this.#wanted.delete(streamId);
          handler.ended(end);
        },
        nextTimeout: () => handler.nextTimeout?.(),
        handleTimeout: (now) => handler.handleTimeout?.(now),
      },
    });
    this.#tunnels.set(streamId, tunnel);
    return tunnel;
  }

  /** What a tunnel finds wrong aborts its stream. RFC 9297 §3.3 */
  #guard(tunnel: Tunnel, step: () => void): void {
    try {
      step();
    } catch (error) {
      abortOf(tunnel, error);
    }
  }
}

function abortOf(tunnel: Tunnel, error: unknown): void {
  if (!(error instanceof Http3StreamError)) throw error;
  tunnel.abort(Http3ErrorCode[error.code], error.message);
}

/** How payloads go towards a client. */
interface Downlink {
  readonly route: DatagramRoute | undefined;
  readonly mode: TransportMode | undefined;
}

/** First octet of a Quarter Stream ID of two octets, and of four. RFC 9000 §16 */
const TWO_OCTETS = 0x40;
const FOUR_OCTETS = 0x80;
/** The Context ID of payloads as they are. RFC 9298 §5 */
const PLAIN_CONTEXT = 0;

/** Octets of a capsule with addresses or routes: several hundred of them. */
const LONGEST_LIST = 16_384;

/** A UDP payload is at most 65,535 octets less the header of 8. RFC 9298 §5 */
const LIMITS: {
  readonly [P in TunnelProtocol]: Pick<TunnelOptions, 'maximumPayload' | 'capsules'>;
} = {
  'connect-udp': { maximumPayload: 65_527, capsules: new Map() },
  'connect-ip': {
    maximumPayload: 65_535,
    capsules: new Map([
      [CapsuleType.addressAssign, LONGEST_LIST],
      [CapsuleType.addressRequest, LONGEST_LIST],
      [CapsuleType.routeAdvertisement, LONGEST_LIST],
    ]),
  },
};
