import { CapsuleParser } from '../capsule.ts';
import { Http3ErrorCode, Http3StreamError } from '../error-code.ts';
import type { Http3Connection } from '../http3-connection.ts';
import type { Http3Transport } from '../transport.ts';
import { WebTransportErrorCode } from './application-error.ts';
import {
  type CloseInfo,
  decodeClose,
  encodeClose,
  encodeDrain,
  SESSION_CAPSULES,
  SessionCapsule,
} from './session-capsules.ts';
import type { SessionEnd } from './webtransport-event.ts';

export interface SessionStreamOptions {
  readonly http: Http3Connection;
  readonly transport: Http3Transport;
  readonly sessionId: number;
  readonly draining: () => void;
  /** The session is over; its stream may still wait for the end of the peer's side. */
  readonly ended: (end: SessionEnd) => void;
  /** Nothing more comes. */
  readonly gone: () => void;
}

/**
 * The session is over in `closing` and `closed`, by a close of this side or of the peer: its stream waits for the
 * end of the peer's side.
 */
type State = 'requested' | 'open' | 'closing' | 'closed' | 'gone';

/** The CONNECT stream of a session: its capsules, and how it ends. WT-07 §5 */
export class SessionStream {
  readonly #options: SessionStreamOptions;
  readonly #http: Http3Connection;
  readonly #capsules: CapsuleParser;
  #state: State = 'requested';

  constructor(options: SessionStreamOptions) {
    this.#options = options;
    this.#http = options.http;
    this.#capsules = new CapsuleParser({
      known: SESSION_CAPSULES,
      begins: () => this.#expectMore(),
      take: (type, value) => this.#capsule(type, value),
    });
  }

  get sessionId(): number {
    return this.#options.sessionId;
  }

  get isRequested(): boolean {
    return this.#state === 'requested';
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** The server accepted. */
  open(): void {
    this.#state = 'open';
  }

  drain(): void {
    if (this.isOpen) this.#http.queueData(this.sessionId, encodeDrain());
  }

  close(info: CloseInfo): void {
    if (this.isOpen) {
      this.#http.queueData(this.sessionId, encodeClose(info), true);
      this.#end({ by: 'local', clean: true, ...info }, 'closing');
    } else if (this.isRequested) {
      this.#http.cancel(this.sessionId, WebTransportErrorCode.sessionGone);
      this.#end({ by: 'local', clean: false, ...info }, 'gone');
    }
  }

  /** Octets of capsules. */
  receive(data: Uint8Array): void {
    // What the peer sent before it heard of the close.
    if (this.#state === 'closing') return;
    try {
      this.#expectMore();
      this.#capsules.push(data);
    } catch (error) {
      if (!(error instanceof Http3StreamError)) throw error;
      this.#fail(error);
    }
  }

  /** The peer ended its side: without a close, as if with code 0. */
  receiveEnd(): void {
    if (this.#state !== 'closing' && !this.#capsules.betweenCapsules) {
      this.#fail(new Http3StreamError('H3_MESSAGE_ERROR', 'an end inside a capsule'));
      return;
    }
    const clean = this.isOpen;
    if (clean) this.#http.queueData(this.sessionId, NOTHING, true);
    else if (this.isRequested) this.#http.cancel(this.sessionId);
    this.#end({ by: 'peer', clean, code: 0, reason: '' }, 'gone');
  }

  /** The peer wants nothing more. */
  receiveStop(code: number): void {
    // Who refuses or closes a session stops its stream too: what it said is on the way.
    if (!this.isOpen || code === WebTransportErrorCode.sessionGone) return;
    this.#http.cancel(this.sessionId, code);
    this.broken('peer', 'no more is wanted');
  }

  /** The stream was reset, or the connection is over. */
  broken(by: 'local' | 'peer', reason: string): void {
    this.#end({ by, clean: false, code: 0, reason }, 'gone');
  }

  #capsule(type: number, value: Uint8Array): void {
    if (type === SessionCapsule.drain) {
      this.#options.draining();
      return;
    }
    const info = decodeClose(value);
    this.#http.queueData(this.sessionId, NOTHING, true);
    this.#end({ by: 'peer', clean: true, ...info }, 'closed');
  }

  /** @throws {Http3StreamError} where the peer has closed the session */
  #expectMore(): void {
    if (this.#state !== 'closed') return;
    throw new Http3StreamError('H3_MESSAGE_ERROR', 'more behind the end of a session');
  }

  /** Whatever is wrong with the capsules resets the stream. RFC 9297 §3.3 */
  #fail(error: Http3StreamError): void {
    const code = Http3ErrorCode[error.code];
    // Also where its end was sent already.
    this.#options.transport.resetStream(this.sessionId, code);
    this.#http.cancel(this.sessionId, code);
    this.broken('local', error.message);
  }

  /** The session ends once, whatever becomes of its stream afterwards. */
  #end(end: SessionEnd, next: 'closing' | 'closed' | 'gone'): void {
    const isNews = this.isRequested || this.isOpen;
    this.#state = next;
    if (isNews) this.#options.ended(end);
    if (next === 'gone') this.#options.gone();
  }
}

const NOTHING = new Uint8Array();
