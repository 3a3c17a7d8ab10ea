import { UsageError } from '@mpquic/wire';
import { EarlyDatagrams } from '../early-datagrams.ts';
import { Http3ConnectionError, Http3ErrorCode, Http3StreamError } from '../error-code.ts';
import { Http3Connection } from '../http3-connection.ts';
import type { Http3Event } from '../http3-event.ts';
import type { Http3Options } from '../http3-options.ts';
import type { RequestHead, ResponseHead } from '../message.ts';
import type { Field } from '../qpack/field.ts';
import type { Http3Settings } from '../settings.ts';
import type { DatagramRoute } from '../transport.ts';
import { DataStreams, type SessionStanding } from './data-streams.ts';
import {
  type AgreedDraft,
  agreeOnDraft,
  WEBTRANSPORT_PROTOCOL,
  type WebTransportDraft,
  webTransportSettings,
} from './draft.ts';
import type { CloseInfo } from './session-capsules.ts';
import {
  checkSessionRequest,
  type SessionRequestOptions,
  sessionRequest,
  sessionResponse,
} from './session-head.ts';
import { SessionStream } from './session-stream.ts';
import { SessionTable } from './session-table.ts';
import type { SessionEnd, WebTransportEvent } from './webtransport-event.ts';

export interface WebTransportOptions
  extends Omit<Http3Options, 'extensionSettings' | 'streamExtension'> {
  /** Sessions that are taken at once. Default 16. */
  readonly maxSessions?: number;
  /** Streams kept that overtook their session. Default 64. */
  readonly earlyStreamLimit?: number;
}

/**
 * WebTransport sessions over one HTTP/3 connection, as client or server: draft-ietf-webtrans-http3-02 (WT-02)
 * and -07 (WT-07), with what -16 (WT-16) says more clearly. What QUIC brings goes to {@link http}.
 */
export class WebTransportConnection {
  readonly http: Http3Connection;
  readonly #streams: DataStreams;
  readonly #sessions = new SessionTable();
  readonly #maxSessions: number;
  readonly #earlyDatagrams: EarlyDatagrams;
  readonly #events: WebTransportEvent[] = [];
  readonly #transport: WebTransportOptions['transport'];
  #agreed: AgreedDraft | undefined;

  constructor(options: WebTransportOptions) {
    const { maxSessions = 16, earlyStreamLimit = 64, earlyDatagramLimit = 64 } = options;
    this.#maxSessions = maxSessions;
    this.#transport = options.transport;
    this.#earlyDatagrams = new EarlyDatagrams(earlyDatagramLimit);
    this.#streams = new DataStreams({
      transport: options.transport,
      earlyLimit: earlyStreamLimit,
      standing: (sessionId) => this.#standing(sessionId),
      emit: (event) => this.#events.push(event),
    });
    this.http = new Http3Connection({
      ...options,
      extensionSettings: webTransportSettings(maxSessions),
      streamExtension: this.#streams,
    });
  }

  /** The draft that both speak, once the peer's settings came. */
  get draft(): WebTransportDraft | undefined {
    return this.#agreed?.draft;
  }

  /** Sessions whose CONNECT stream is not over. */
  get sessions(): number {
    return this.#sessions.size;
  }

  /** Datagrams and streams that found no session, or no place to wait for it. */
  get dropped(): { readonly datagrams: number; readonly streams: number } {
    const datagrams = this.http.droppedDatagrams + this.#earlyDatagrams.dropped;
    return { datagrams, streams: this.#streams.rejected };
  }

  nextEvent(): WebTransportEvent | undefined {
    this.#catchUp();
    return this.#events.shift();
  }

  /**
   * Client: asks for a session; undefined while the peer allows no stream or no further session.
   * @throws {UsageError} where the peer offers no WebTransport
   */
  openSession(options: SessionRequestOptions): number | undefined {
    this.#catchUp();
    if (this.#agreed === undefined) throw new UsageError('the peer offers no WebTransport');
    if (this.#sessions.taken >= this.#agreed.maxSessions) return undefined;
    const sessionId = this.http.request(sessionRequest(this.#agreed.draft, options), false);
    if (sessionId !== undefined) this.#begin(sessionId);
    return sessionId;
  }

  /** Server: opens a session that was asked for; false where the client has given up meanwhile. */
  accept(sessionId: number, fields: readonly Field[] = []): boolean {
    const session = this.#sessions.get(sessionId);
    if (session?.isRequested !== true || this.#agreed === undefined) return false;
    this.http.respond(sessionId, sessionResponse(this.#agreed.draft, fields), false);
    session.open();
    this.#releaseEarly(sessionId);
    return true;
  }

  /** Server: opens no session. 404 for an unknown resource, 403 for an origin that may not. WT-07 §3.3 */
  refuse(sessionId: number, response: ResponseHead): void {
    if (this.#sessions.get(sessionId)?.isRequested !== true) return;
    this.http.respond(sessionId, response, true);
    this.http.cancel(sessionId, Http3ErrorCode.H3_NO_ERROR);
    this.#forget(sessionId);
  }

  /** Opens a stream of an open session; undefined while the peer allows none. */
  openStream(sessionId: number, direction: 'bidi' | 'uni'): number | undefined {
    if (!this.#sessions.isOpen(sessionId)) return undefined;
    return this.#streams.open(sessionId, direction);
  }

  /** Whether the stream is open in a direction. */
  hasStream(streamId: number): boolean {
    return this.#streams.owns(streamId);
  }

  /** Whether octets of the stream are of use now: those that come before their session stay with QUIC. */
  mayReceive(streamId: number): boolean {
    return this.#streams.mayReceive(streamId);
  }

  /** Returns how many octets were taken; `fin` is where all were. An end without octets is taken always. */
  write(streamId: number, data: Uint8Array, fin: boolean): number {
    return this.#streams.write(streamId, data, fin);
  }

  /** Gives up sending. @param code 0 to 2^32-1 */
  reset(streamId: number, code: number): void {
    this.#streams.reset(streamId, code);
  }

  /** Wants no more of the stream. @param code 0 to 2^32-1 */
  stopSending(streamId: number, code: number): void {
    this.#streams.stopSending(streamId, code);
  }

  /** Largest datagram of the session that fits now. */
  maxDatagramSize(sessionId: number): number {
    return this.http.maxDatagramSize(sessionId);
  }

  /** Copies a datagram; false where the session is not open, it does not fit, or QUIC takes none. */
  sendDatagram(sessionId: number, payload: Uint8Array, route?: DatagramRoute): boolean {
    if (!this.#sessions.isOpen(sessionId)) return false;
    return this.http.sendDatagram(sessionId, NOTHING, payload, route);
  }

  /** Asks the peer to bring the session to its end. WT-07 §4.6 */
  drain(sessionId: number): void {
    this.#sessions.get(sessionId)?.drain();
  }

  /** Closes a session and all its streams. A reason above 1,024 octets is cut. WT-07 §5 */
  close(sessionId: number, info: CloseInfo): void {
    this.#catchUp();
    this.#sessions.get(sessionId)?.close(info);
  }

  /** The QUIC connection is over: all sessions end. */
  connectionClosed(reason: string): void {
    this.#catchUp();
    for (const session of this.#sessions.all()) {
      session.broken('peer', reason);
    }
  }

  /** Takes what HTTP/3 tells before anything that came later is looked at. */
  #catchUp(): void {
    for (let event = this.http.nextEvent(); event; event = this.http.nextEvent()) {
      this.#take(event);
    }
  }

  #take(event: Http3Event): void {
    if (event.type === 'settings') {
      this.#settled(event.settings);
    } else if (event.type === 'request' && event.request.protocol === WEBTRANSPORT_PROTOCOL) {
      this.#requested(event.streamId, event.request);
    } else {
      const session = 'streamId' in event ? this.#sessions.get(event.streamId) : undefined;
      if (session !== undefined) this.#sessionEvent(session, event);
      else if ('streamId' in event && this.#sessions.isDeferred(event.streamId)) {
        if (event.type === 'reset') this.#sessions.withdraw(event.streamId);
      } else this.#events.push({ type: 'http', event });
      if (event.type === 'goaway') this.#goaway();
    }
  }

  #settled(settings: Http3Settings): void {
    const peerRole = this.http.role === 'client' ? 'server' : 'client';
    try {
      this.#agreed = agreeOnDraft(settings, peerRole);
    } catch (error) {
      if (!(error instanceof Http3ConnectionError)) throw error;
      this.http.failConnection(error);
      return;
    }
    this.#events.push({ type: 'settings', draft: this.#agreed?.draft });
    for (const [sessionId, request] of this.#sessions.takeDeferred()) {
      this.#requested(sessionId, request);
    }
  }

  /** A client asks for a session. */
  #requested(sessionId: number, request: RequestHead): void {
    if (this.#sessions.taken >= this.#maxSessions) {
      // WT-07 §3.4: the connection is not to blame.
      this.http.cancel(sessionId, Http3ErrorCode.H3_REQUEST_REJECTED);
      this.#streams.sessionGone(sessionId);
      return;
    }
    if (this.http.peerSettings === undefined) {
      this.#sessions.defer(sessionId, request);
      return;
    }
    try {
      checkSessionRequest(request);
      if (this.#agreed === undefined || !this.http.datagramsEnabled) {
        throw new Http3StreamError('H3_MESSAGE_ERROR', 'a session without its settings', 400);
      }
    } catch (error) {
      if (!(error instanceof Http3StreamError)) throw error;
      this.http.failStream(sessionId, error);
      this.#streams.sessionGone(sessionId);
      return;
    }
    this.#begin(sessionId);
    this.#events.push({ type: 'session_requested', sessionId, request });
  }

  #sessionEvent(session: SessionStream, event: Http3Event): void {
    switch (event.type) {
      case 'response':
        if (!event.interim) this.#answered(session, event.response);
        return;
      case 'data':
        session.receive(event.data);
        return;
      case 'datagram':
        this.#datagram(session, event.payload);
        return;
      case 'end':
        session.receiveEnd();
        return;
      case 'reset':
        session.broken(event.by, event.reason);
        return;
      case 'stopped':
        session.receiveStop(event.code);
        return;
      default:
    }
  }

  #answered(session: SessionStream, response: ResponseHead): void {
    const { sessionId } = session;
    if (response.status <= 299) {
      session.open();
      this.#events.push({ type: 'session_opened', sessionId, response });
      this.#releaseEarly(sessionId);
      return;
    }
    this.http.cancel(sessionId);
    this.#forget(sessionId);
    this.#events.push({ type: 'session_refused', sessionId, response });
  }

  #releaseEarly(sessionId: number): void {
    this.#streams.sessionOpened(sessionId);
    for (const payload of this.#earlyDatagrams.take(sessionId)) {
      this.#events.push({ type: 'datagram', sessionId, payload });
    }
  }

  #datagram({ sessionId, isOpen, isRequested }: SessionStream, payload: Uint8Array): void {
    if (isOpen) this.#events.push({ type: 'datagram', sessionId, payload });
    else if (isRequested) this.#earlyDatagrams.keep(sessionId, payload);
  }

  #goaway(): void {
    for (const { sessionId, isOpen } of this.#sessions.all()) {
      if (isOpen) this.#events.push({ type: 'session_draining', sessionId });
    }
  }

  #begin(sessionId: number): void {
    const session = new SessionStream({
      http: this.http,
      transport: this.#transport,
      sessionId,
      draining: () => this.#events.push({ type: 'session_draining', sessionId }),
      ended: (end) => this.#ended(sessionId, end),
      gone: () => this.#sessions.remove(sessionId),
    });
    this.#sessions.add(session);
  }

  #ended(sessionId: number, end: SessionEnd): void {
    this.#abandon(sessionId);
    this.#events.push({ type: 'session_closed', sessionId, end });
  }

  #forget(sessionId: number): void {
    this.#sessions.remove(sessionId);
    this.#abandon(sessionId);
  }

  /** What belongs to a session that is over. */
  #abandon(sessionId: number): void {
    this.#streams.sessionGone(sessionId);
    this.#earlyDatagrams.discard(sessionId);
  }

  #standing(sessionId: number): SessionStanding {
    this.#catchUp();
    if (this.#sessions.isOpen(sessionId)) return 'open';
    const expected = this.#sessions.isRequested(sessionId) || this.http.mayBegin(sessionId);
    return expected ? 'expected' : 'gone';
  }
}

const NOTHING = new Uint8Array();
