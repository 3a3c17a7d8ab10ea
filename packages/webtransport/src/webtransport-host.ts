import type { ConnectionHandler, DrivenConnection, QuicSession } from '@mpquic/endpoint';
import {
  type Field,
  Http3ErrorCode,
  type Http3Event,
  type RequestHead,
  type ResponseHead,
  type SessionEnd,
  type SessionRequestOptions,
  WebTransportConnection,
  type WebTransportEvent,
  type WebTransportOptions,
} from '@mpquic/http3';
import { QuicTransport } from '@mpquic/masque';
import type { ConnectionEvent, ConnectionMachine } from '@mpquic/quic';
import type { SessionRequest } from './session-request.ts';
import { type PrepareSession, SessionSet } from './session-set.ts';
import { Waiters } from './waiters.ts';
import { type SessionHost, WebTransportSession } from './webtransport-session.ts';
import { WebTransportStream } from './webtransport-stream.ts';

export interface WebTransportHostOptions extends Omit<WebTransportOptions, 'role' | 'transport'> {
  /** Server: decides about sessions. */
  readonly requested?: (request: SessionRequest) => void;
  /** Whether to close the connection behind its last session. Default: as client. */
  readonly closeWhenDone?: boolean;
}

const NOT_FOUND: ResponseHead = { status: 404, fields: [] };

/** WebTransport over a QUIC session, which hands it all streams and datagrams. */
export class WebTransportHost implements ConnectionHandler, SessionHost {
  readonly quic: QuicSession;
  readonly webTransport: WebTransportConnection;
  readonly machine: ConnectionMachine;
  readonly #driven: DrivenConnection;
  readonly #options: WebTransportHostOptions;
  readonly #role: 'client' | 'server';
  readonly #sessions = new SessionSet();
  readonly #streams = new Map<number, WebTransportStream>();
  readonly #waiters = new Waiters();
  /** Streams of which QUIC may have octets that are wanted. */
  readonly #readable = new Set<number>();
  #pumping = false;
  #supported: boolean | undefined;
  #goawayReceived = false;

  private constructor(
    quic: QuicSession,
    role: 'client' | 'server',
    options: WebTransportHostOptions,
  ) {
    this.#driven = quic.handOver(this);
    this.quic = quic;
    this.machine = this.#driven.machine;
    this.#role = role;
    this.#options = options;
    const transport = new QuicTransport(quic, this.#driven);
    this.webTransport = new WebTransportConnection({ ...options, role, transport });
    // Otherwise the event is still to come.
    if (quic.handshake !== undefined) this.webTransport.http.start();
  }

  /** Over a session that `connect` gave, before its handshake is complete. */
  static client(quic: QuicSession, options: WebTransportHostOptions = {}): WebTransportHost {
    return new WebTransportHost(quic, 'client', options);
  }

  /** Over a session of a listener: at the latest in its `onhandshake`. */
  static server(quic: QuicSession, options: WebTransportHostOptions): WebTransportHost {
    return new WebTransportHost(quic, 'server', options);
  }

  /** Settles when the peer's settings are here and offer WebTransport; rejects where they do not. */
  async supported(): Promise<void> {
    await this.#waiters.until(() => this.#supported);
    if (this.#supported === false) throw new Error('the server offers no WebTransport');
  }

  /**
   * Client: opens a session. `prepare` sets its callbacks before anything is told of it.
   * @throws {SessionRefused}, or an error where the connection offers none or ends first
   */
  async openSession(
    options: SessionRequestOptions,
    prepare?: PrepareSession,
  ): Promise<WebTransportSession> {
    await this.supported();
    const sessionId = await this.#waiters.until(() => {
      if (this.#goawayReceived) throw new Error('the server takes no more sessions');
      return this.webTransport.openSession(options);
    });
    return this.#sessions.answerTo(sessionId, prepare);
  }

  /** Server: takes no more sessions on this connection; those that are open are asked to end. */
  goaway(): void {
    this.webTransport.http.goaway();
    for (const session of this.#sessions.open) session.drain();
    this.wake();
  }

  addStream(stream: WebTransportStream): void {
    this.#streams.set(stream.id, stream);
  }

  wake(): void {
    this.#driven.wake();
    this.#pump();
  }

  readStream(streamId: number): void {
    this.#readable.add(streamId);
    this.wake();
  }

  settled(streamId: number): void {
    const stream = this.#streams.get(streamId);
    if (stream === undefined || this.webTransport.hasStream(streamId)) return;
    this.#streams.delete(streamId);
    stream.takeEnd();
  }

  connectionEvent(event: ConnectionEvent): void {
    this.#take(event);
    this.#pump();
  }

  #take(event: ConnectionEvent): void {
    const { http } = this.webTransport;
    switch (event.type) {
      case 'handshake_complete':
        http.start();
        return;
      case 'datagram':
        http.receiveDatagram(event.data);
        return;
      case 'stream_readable':
        this.#readable.add(event.streamId);
        return;
      case 'stream_writable':
        http.streamWritable(event.streamId);
        return;
      case 'stream_reset':
        http.streamReset(event.streamId, event.code);
        return;
      case 'stream_stopped':
        http.streamStopped(event.streamId, event.code);
        return;
      case 'streams_available':
        for (const session of this.#sessions.open) session.streamsAvailable();
        this.#waiters.announce();
        return;
      case 'closing':
      case 'closed':
        this.#end(event.reason.reason);
        return;
      default:
    }
  }

  /** Reads a chunk that is wanted; false where there is none, or none will follow. */
  #readChunk(streamId: number): boolean {
    const chunk = this.#wants(streamId) ? this.machine.readStream(streamId) : undefined;
    if (chunk === undefined) return false;
    this.webTransport.http.receiveStream(streamId, chunk.data, chunk.fin);
    return !chunk.fin;
  }

  #wants(streamId: number): boolean {
    const stream = this.#streams.get(streamId);
    return stream === undefined ? this.webTransport.mayReceive(streamId) : stream.reading;
  }

  /** Tells what has happened, reads what is wanted, until nothing is left. What is told may call back in. */
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    do this.#tellAll();
    while (this.#readNext());
    this.#pumping = false;
    this.#closeWhenDone();
  }

  #tellAll(): void {
    for (let event = this.webTransport.nextEvent(); event; event = this.webTransport.nextEvent()) {
      try {
        this.#event(event);
      } catch (error) {
        // The failure of what the application set is the connection's.
        this.quic.destroy(error);
      }
    }
  }

  #readNext(): boolean {
    const [streamId] = this.#readable;
    if (streamId === undefined) return false;
    if (!this.#readChunk(streamId)) this.#readable.delete(streamId);
    return true;
  }

  #event(event: WebTransportEvent): void {
    switch (event.type) {
      case 'settings':
        this.#supported = event.draft !== undefined;
        this.#waiters.announce();
        return;
      case 'session_requested':
        this.#requested(event.sessionId, event.request);
        return;
      case 'session_opened':
        this.#sessions.accepted(new WebTransportSession(this, event.sessionId), event.response);
        return;
      case 'session_refused':
        this.#sessions.refused(event.sessionId, event.response.status);
        return;
      case 'session_closed':
        this.#sessionClosed(event.sessionId, event.end);
        return;
      case 'session_draining':
        this.#sessions.get(event.sessionId)?.ondraining?.();
        return;
      case 'datagram':
        this.#sessions.get(event.sessionId)?.ondatagram?.(event.payload);
        return;
      case 'stream_opened':
        this.#streamOpened(event);
        return;
      case 'stream_data':
        this.#streams.get(event.streamId)?.takeData(event.data, event.fin);
        this.settled(event.streamId);
        return;
      case 'stream_reset':
        this.#streams.get(event.streamId)?.takeReset(event.code);
        this.settled(event.streamId);
        return;
      case 'stream_stopped':
        this.#streams.get(event.streamId)?.takeStopped(event.code);
        this.settled(event.streamId);
        return;
      case 'stream_writable':
        this.#streams.get(event.streamId)?.flush();
        return;
      case 'http':
        this.#http(event.event);
    }
  }

  /** The peer has ended the stream of the last session: nothing is lost by closing. WT-07 §5 */
  #closeWhenDone(): void {
    const { closeWhenDone = this.#role === 'client' } = this.#options;
    if (!closeWhenDone || this.webTransport.sessions > 0 || !this.#sessions.mayBeDone) return;
    if (this.#waiters.ended || this.quic.closing) return;
    const code = Http3ErrorCode.H3_NO_ERROR;
    this.quic.close({ code, type: 'application', reason: '' }).catch(() => undefined);
  }

  #end(reason: string): void {
    if (this.#waiters.ended) return;
    const why = reason === '' ? 'the QUIC connection is over' : reason;
    this.#waiters.end(new Error(`WebTransport: ${why}`));
    this.webTransport.connectionClosed(why);
  }

  #requested(sessionId: number, head: RequestHead): void {
    const { requested } = this.#options;
    if (requested === undefined) {
      this.webTransport.refuse(sessionId, NOT_FOUND);
      return;
    }
    requested({
      head,
      quic: this.quic,
      accept: (fields) => this.#accept(sessionId, fields),
      refuse: (response) => {
        this.webTransport.refuse(sessionId, response);
        this.wake();
      },
    });
  }

  /** A stream that nobody wants is refused. */
  #streamOpened({
    sessionId,
    streamId,
    direction,
  }: WebTransportEvent & { type: 'stream_opened' }): void {
    const stream = new WebTransportStream(this, streamId, direction, true);
    this.addStream(stream);
    const { onstream } = this.#sessions.get(sessionId) ?? {};
    if (onstream !== undefined) {
      onstream(stream);
      return;
    }
    stream.stopSending(0);
    if (direction === 'bidi') stream.reset(0);
  }

  /** The session's handlers are set before anything is told of it: events wait for the next pump. */
  #accept(sessionId: number, fields?: readonly Field[]): WebTransportSession | undefined {
    if (!this.webTransport.accept(sessionId, fields)) return undefined;
    const session = new WebTransportSession(this, sessionId);
    this.#sessions.add(session);
    queueMicrotask(() => this.wake());
    return session;
  }

  #sessionClosed(sessionId: number, end: SessionEnd): void {
    this.#sessions.closed(sessionId, end);
    for (const streamId of [...this.#streams.keys()]) this.settled(streamId);
    // There may be room for another one.
    this.#waiters.announce();
  }

  /** Requests that are no sessions: none is served. */
  #http(event: Http3Event): void {
    if (event.type === 'goaway') {
      this.#goawayReceived = true;
      this.#waiters.announce();
    } else if (event.type === 'request') {
      const status = event.request.protocol === undefined ? 404 : 501;
      const { http } = this.webTransport;
      http.respond(event.streamId, { status, fields: [] }, true);
      // RFC 9114 §4.1
      http.cancel(event.streamId, Http3ErrorCode.H3_NO_ERROR);
    }
  }
}
