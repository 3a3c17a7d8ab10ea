import {
  type Clock,
  type ConnectionHandler,
  monotonicClock,
  type QuicSession,
} from '@mpquic/endpoint';
import {
  Http3Connection,
  Http3ErrorCode,
  MasqueConnection,
  type MasqueOptions,
  type OpenTunnelOptions,
  type Tunnel,
} from '@mpquic/http3';
import type { ConnectionEvent, ConnectionMachine, PathScheduler } from '@mpquic/quic';
import type { Instant } from '@mpquic/wire';
import { QuicTransport } from './quic-transport.ts';

export interface Http3SessionOptions
  extends Pick<MasqueOptions, 'proxy' | 'proxyName' | 'reordering'> {
  readonly clock?: Clock;
  /** There is room for many datagrams again, after there was none. */
  readonly datagramDrain?: () => void;
}

/** The ALPN of HTTP/3. RFC 9114 §3.1 */
export const HTTP3_ALPN = 'h3';

/** HTTP/3 and MASQUE over a QUIC session, which hands it all streams and datagrams. */
export class Http3Session implements ConnectionHandler {
  readonly quic: QuicSession;
  readonly http: Http3Connection;
  readonly masque: MasqueConnection;
  readonly #machine: ConnectionMachine;
  readonly #clock: Clock;
  readonly #datagramDrain: (() => void) | undefined;
  readonly #waiting = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;
  #timerAt: Instant = Number.POSITIVE_INFINITY;
  #ended: Error | undefined;
  #draining = false;
  #settleScheduled = false;

  private constructor(quic: QuicSession, role: 'client' | 'server', options: Http3SessionOptions) {
    const driven = quic.handOver(this);
    driven.machine.batchDatagrams?.(true);
    this.quic = quic;
    this.#machine = driven.machine;
    this.#clock = options.clock ?? monotonicClock;
    this.#datagramDrain = options.datagramDrain;
    this.http = new Http3Connection({ role, transport: new QuicTransport(quic, driven) });
    this.masque = new MasqueConnection({ ...options, connection: this.http });
    // Otherwise the event is still to come.
    if (quic.handshake !== undefined) this.http.start();
  }

  /** Over a session that `connect` gave, before its handshake is complete. */
  static client(quic: QuicSession, options: Http3SessionOptions = {}): Http3Session {
    return new Http3Session(quic, 'client', options);
  }

  /** Over a session of a listener: at the latest in its `onhandshake`, where the ALPN is known. */
  static server(quic: QuicSession, options: Http3SessionOptions): Http3Session {
    return new Http3Session(quic, 'server', options);
  }

  /** Microseconds on the clock that all calls with a time want. */
  now(): Instant {
    return this.#clock.now();
  }

  /**
   * Asks for a tunnel as soon as the peer's settings are known and it allows a stream. What becomes of
   * it is told to its handler.
   * @throws where the session ends first
   */
  async openTunnel(options: OpenTunnelOptions): Promise<Tunnel> {
    for (;;) {
      if (this.#ended !== undefined) throw this.#ended;
      if (this.masque.draining) throw new Error('the proxy takes no more requests');
      if (this.http.peerSettings !== undefined) {
        if (!this.http.peerSettings.enableConnectProtocol) {
          throw new Error('the server is no MASQUE proxy: it does not offer extended CONNECT');
        }
        const tunnel = this.masque.open(options);
        if (tunnel !== undefined) return tunnel;
      }
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  /** From now on this scheduler chooses the paths of streams, and of datagrams without a route. */
  useScheduler(scheduler: PathScheduler): void {
    this.#machine.useScheduler(scheduler);
  }

  /** Takes no more requests, and closes when the open ones are over. */
  goaway(): void {
    this.#draining = true;
    this.http.goaway();
    this.#closeWhenDrained();
  }

  connectionEvent(event: ConnectionEvent, now: Instant): void {
    // There may be very many of these: what follows from them is looked at once for all that come together.
    if (event.type === 'datagram_status') return;
    if (event.type === 'datagrams_writable') {
      this.#datagramDrain?.();
    } else if (event.type === 'datagrams') {
      const { datagrams } = event;
      if (!this.masque.receiveDatagrams(datagrams, now)) datagrams.keep();
      this.#settleSoon();
    } else if (event.type === 'datagram') {
      this.masque.receiveDatagram(event.data, now);
      this.#settleSoon();
    } else {
      this.#take(event, now);
      this.masque.pump(now);
      this.#settle();
    }
  }

  #settleSoon(): void {
    if (this.#settleScheduled) return;
    this.#settleScheduled = true;
    queueMicrotask(this.#settle);
  }

  readonly #settle = (): void => {
    this.#settleScheduled = false;
    this.#arm();
    if (this.#draining) this.#closeWhenDrained();
  };

  #closeWhenDrained(): void {
    if (this.http.openExchanges > 0 || this.quic.destroyed || this.quic.closing) return;
    const reason = 'no request is left';
    const code = Http3ErrorCode.H3_NO_ERROR;
    this.quic.close({ code, type: 'application', reason }).catch(() => undefined);
  }

  #take(event: ConnectionEvent, now: Instant): void {
    switch (event.type) {
      case 'handshake_complete':
        this.http.start();
        return;
      case 'stream_readable':
        this.#read(event.streamId);
        this.#wakeWaiting();
        return;
      case 'stream_writable':
        this.http.streamWritable(event.streamId);
        return;
      case 'stream_reset':
        this.http.streamReset(event.streamId, event.code);
        return;
      case 'stream_stopped':
        this.http.streamStopped(event.streamId, event.code);
        return;
      case 'streams_available':
        this.#wakeWaiting();
        return;
      case 'closing':
      case 'closed':
        this.#end(event.reason.reason, now);
        return;
      default:
    }
  }

  #read(streamId: number): void {
    for (;;) {
      const chunk = this.#machine.readStream(streamId);
      if (chunk === undefined) return;
      this.http.receiveStream(streamId, chunk.data, chunk.fin);
      if (chunk.fin) return;
    }
  }

  #end(reason: string, now: Instant): void {
    if (this.#ended !== undefined) return;
    const why = reason === '' ? 'the QUIC connection is over' : reason;
    this.#ended = new Error(`HTTP/3: ${why}`);
    this.masque.pump(now);
    this.masque.end(why);
    clearTimeout(this.#timer);
    this.#wakeWaiting();
  }

  #wakeWaiting(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }

  #arm(): void {
    const next = this.masque.nextTimeout();
    if (next === undefined || next >= this.#timerAt || this.#ended !== undefined) return;
    clearTimeout(this.#timer);
    this.#timerAt = next;
    const delay = Math.max(0, Math.ceil((next - this.now()) / 1000));
    this.#timer = setTimeout(() => this.#expire(), delay);
  }

  #expire(): void {
    this.#timerAt = Number.POSITIVE_INFINITY;
    this.masque.handleTimeout(this.now());
    this.#arm();
  }
}
