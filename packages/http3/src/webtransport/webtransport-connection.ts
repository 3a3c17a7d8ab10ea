import { UsageError } from '@mpquic/wire';
import { CapsuleParser } from '../capsule.ts';
import { EarlyDatagrams } from '../early-datagrams.ts';
import { Http3ConnectionError, Http3ErrorCode, Http3StreamError } from '../error-code.ts';
import { Http3Connection, type Http3Options } from '../http3-connection.ts';
import type { Http3Event } from '../http3-event.ts';
import type { RequestHead, ResponseHead } from '../message.ts';
import type { Field } from '../qpack/field.ts';
import type { Http3Settings } from '../settings.ts';
import type { DatagramRoute } from '../transport.ts';
import { WebTransportErrorCode } from './application-error.ts';
import { DataStreams, type SessionStanding } from './data-streams.ts';
import {
  type AgreedDraft,
  agreeOnDraft,
  WEBTRANSPORT_PROTOCOL,
  type WebTransportDraft,
  webTransportSettings,
} from './draft.ts';
import {
  type CloseInfo,
  decodeClose,
  encodeClose,
  encodeDrain,
  SESSION_CAPSULES,
  SessionCapsule,
} from './session-capsules.ts';
import {
  checkSessionRequest,
  type SessionRequestOptions,
  sessionRequest,
  sessionResponse,
} from './session-head.ts';
import type { SessionEnd, WebTransportEvent } from './webtransport-event.ts';

export interface WebTransportOptions
  extends Omit<Http3Options, 'extensionSettings' | 'streamExtension'> {
  /** Sessions that are taken at once. Default 16. */
  readonly maxSessions?: number;
  /** Streams kept that overtook their session. Default 64. */
  readonly earlyStreamLimit?: number;
}

interface Session {
  readonly sessionId: number;
  readonly capsules: CapsuleParser;
  /** Closed by this side or by the peer, which has not ended its side of the stream: `closing`, `closed`. */
  state: 'requested' | 'open' | 'closing' | 'closed';
}

/**
 * WebTransport sessions over one HTTP/3 connection, as client or server: draft-ietf-webtrans-http3-02 (WT-02)
 * and -07 (WT-07), with what -16 (WT-16) says more clearly. What QUIC brings goes to {@link http}.
 */
export class WebTransportConnection {
  readonly http: Http3Connection;
  readonly #streams: DataStreams;
  readonly #sessions = new Map<number, Session>();
  readonly #maxSessions: number;
  readonly #earlyDatagrams: EarlyDatagrams;
  readonly #events: WebTransportEvent[] = [];
  readonly #transport: WebTransportOptions['transport'];
  /** Requests that wait for the client's settings. WT-07 §3.1 */
  readonly #undecided = new Map<number, RequestHead>();
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
    if (this.#count() >= this.#agreed.maxSessions) return undefined;
    const sessionId = this.http.request(sessionRequest(this.#agreed.draft, options), false);
    if (sessionId !== undefined) this.#begin(sessionId);
    return sessionId;
  }

  /** Server: opens a session that was asked for; false where the client has given up meanwhile. */
  accept(sessionId: number, fields: readonly Field[] = []): boolean {
    const session = this.#sessions.get(sessionId);
    if (session?.state !== 'requested' || this.#agreed === undefined) return false;
    this.http.respond(sessionId, sessionResponse(this.#agreed.draft, fields), false);
    session.state = 'open';
    this.#releaseEarly(sessionId);
    return true;
  }

  /** Server: opens no session. 404 for an unknown resource, 403 for an origin that may not. WT-07 §3.3 */
  refuse(sessionId: number, response: ResponseHead): void {
    if (this.#sessions.get(sessionId)?.state !== 'requested') return;
    this.http.respond(sessionId, response, true);
    this.http.cancel(sessionId, Http3ErrorCode.H3_NO_ERROR);
    this.#forget(sessionId);
  }

  /** Opens a stream of an open session; undefined while the peer allows none. */
  openStream(sessionId: number, direction: 'bidi' | 'uni'): number | undefined {
    if (this.#sessions.get(sessionId)?.state !== 'open') return undefined;
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
    if (this.#sessions.get(sessionId)?.state !== 'open') return false;
    return this.http.sendDatagram(sessionId, NOTHING, payload, route);
  }

  /** Asks the peer to bring the session to its end. WT-07 §4.6 */
  drain(sessionId: number): void {
    if (this.#sessions.get(sessionId)?.state !== 'open') return;
    this.http.queueData(sessionId, encodeDrain());
  }

  /** Closes a session and all its streams. A reason above 1,024 octets is cut. WT-07 §5 */
  close(sessionId: number, info: CloseInfo): void {
    this.#catchUp();
    const session = this.#sessions.get(sessionId);
    if (session === undefined || isEnding(session)) return;
    if (session.state === 'requested') {
      this.http.cancel(sessionId, WebTransportErrorCode.sessionGone);
      this.#end(session, { by: 'local', clean: false, ...info });
      return;
    }
    this.http.queueData(sessionId, encodeClose(info), true);
    this.#end(session, { by: 'local', clean: true, ...info }, 'closing');
  }

  /** The QUIC connection is over: all sessions end. */
  connectionClosed(reason: string): void {
    this.#catchUp();
    for (const session of [...this.#sessions.values()]) {
      this.#over(session, { by: 'peer', clean: false, code: 0, reason });
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
      else if ('streamId' in event && this.#undecided.has(event.streamId)) {
        if (event.type === 'reset') this.#undecided.delete(event.streamId);
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
    const waiting = [...this.#undecided];
    this.#undecided.clear();
    for (const [sessionId, request] of waiting) this.#requested(sessionId, request);
  }

  /** A client asks for a session. */
  #requested(sessionId: number, request: RequestHead): void {
    if (this.#count() + this.#undecided.size >= this.#maxSessions) {
      // WT-07 §3.4: the connection is not to blame.
      this.http.cancel(sessionId, Http3ErrorCode.H3_REQUEST_REJECTED);
      this.#streams.sessionGone(sessionId);
      return;
    }
    if (this.http.peerSettings === undefined) {
      this.#undecided.set(sessionId, request);
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

  #sessionEvent(session: Session, event: Http3Event): void {
    switch (event.type) {
      case 'response':
        if (!event.interim) this.#answered(session, event.response);
        return;
      case 'data':
        this.#capsules(session, event.data);
        return;
      case 'datagram':
        this.#datagram(session, event.payload);
        return;
      case 'end':
        this.#streamEnded(session);
        return;
      case 'reset':
        this.#over(session, { by: event.by, clean: false, code: 0, reason: event.reason });
        return;
      case 'stopped':
        // Who refuses or closes a session wants nothing more of its stream: what it said is on the way.
        if (event.code === WebTransportErrorCode.sessionGone || session.state !== 'open') return;
        this.http.cancel(session.sessionId, event.code);
        this.#over(session, { by: 'peer', clean: false, code: 0, reason: 'no more is wanted' });
        return;
      default:
    }
  }

  #answered(session: Session, response: ResponseHead): void {
    const { sessionId } = session;
    if (response.status <= 299) {
      session.state = 'open';
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

  #datagram({ sessionId, state }: Session, payload: Uint8Array): void {
    if (state === 'open') this.#events.push({ type: 'datagram', sessionId, payload });
    else if (state === 'requested') this.#earlyDatagrams.keep(sessionId, payload);
  }

  #capsules(session: Session, data: Uint8Array): void {
    // What the peer sent before it heard of the close. WT-07 §5
    if (session.state === 'closing') return;
    try {
      expectMore(session);
      session.capsules.push(data);
    } catch (error) {
      if (!(error instanceof Http3StreamError)) throw error;
      this.#fail(session, error);
    }
  }

  /** Whatever is wrong with the capsules of a session resets its stream. RFC 9297 §3.3, WT-07 §5 */
  #fail(session: Session, error: Http3StreamError): void {
    const code = Http3ErrorCode[error.code];
    this.#transport.resetStream(session.sessionId, code);
    this.http.cancel(session.sessionId, code);
    this.#over(session, { by: 'local', clean: false, code: 0, reason: error.message });
  }

  #capsule(session: Session, type: number, value: Uint8Array): void {
    if (type === SessionCapsule.drain) {
      this.#events.push({ type: 'session_draining', sessionId: session.sessionId });
      return;
    }
    const info = decodeClose(value);
    this.http.queueData(session.sessionId, NOTHING, true);
    this.#end(session, { by: 'peer', clean: true, ...info }, 'closed');
  }

  /** The peer ended the stream of a session: without a close, as if with code 0. WT-07 §5 */
  #streamEnded(session: Session): void {
    const { sessionId, state, capsules } = session;
    if (state === 'closing') {
      this.#forget(sessionId);
    } else if (!capsules.betweenCapsules) {
      this.#fail(session, new Http3StreamError('H3_MESSAGE_ERROR', 'an end inside a capsule'));
    } else if (state === 'closed') {
      this.#forget(sessionId);
    } else {
      if (state === 'open') this.http.queueData(sessionId, NOTHING, true);
      else this.http.cancel(sessionId);
      this.#end(session, { by: 'peer', clean: state === 'open', code: 0, reason: '' });
    }
  }

  #goaway(): void {
    for (const { sessionId, state } of this.#sessions.values()) {
      if (state === 'open') this.#events.push({ type: 'session_draining', sessionId });
    }
  }

  #begin(sessionId: number): void {
    const session: Session = {
      sessionId,
      state: 'requested',
      capsules: new CapsuleParser({
        known: SESSION_CAPSULES,
        begins: () => expectMore(session),
        take: (type, value) => this.#capsule(session, type, value),
      }),
    };
    this.#sessions.set(sessionId, session);
  }

  /** The stream of a session is gone, maybe after the session. */
  #over(session: Session, end: SessionEnd): void {
    if (isEnding(session)) this.#forget(session.sessionId);
    else this.#end(session, end);
  }

  #end(session: Session, end: SessionEnd, next?: 'closing' | 'closed'): void {
    const { sessionId } = session;
    this.#forget(sessionId);
    if (next !== undefined) {
      session.state = next;
      this.#sessions.set(sessionId, session);
    }
    this.#events.push({ type: 'session_closed', sessionId, end });
  }

  #forget(sessionId: number): void {
    this.#sessions.delete(sessionId);
    this.#streams.sessionGone(sessionId);
    this.#earlyDatagrams.discard(sessionId);
  }

  /** Sessions that count against the limit. */
  #count(): number {
    let count = 0;
    for (const session of this.#sessions.values()) if (!isEnding(session)) count += 1;
    return count;
  }

  #standing(sessionId: number): SessionStanding {
    this.#catchUp();
    const state = this.#sessions.get(sessionId)?.state;
    if (state === 'open') return 'open';
    const expected =
      state === 'requested' || this.#undecided.has(sessionId) || this.http.mayBegin(sessionId);
    return expected ? 'expected' : 'gone';
  }
}

function isEnding({ state }: Session): boolean {
  return state === 'closing' || state === 'closed';
}

/** @throws {Http3StreamError} where the peer has closed the session. WT-07 §5 */
function expectMore({ state }: Session): void {
  if (state !== 'closed') return;
  throw new Http3StreamError('H3_MESSAGE_ERROR', 'more behind the end of a session');
}

const NOTHING = new Uint8Array();
