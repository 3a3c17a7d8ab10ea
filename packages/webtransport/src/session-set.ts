import type { ResponseHead, SessionEnd } from '@mpquic/http3';
import { SessionRefused } from './session-request.ts';
import type { WebTransportSession } from './webtransport-session.ts';

/** Sets the callbacks of a session before anything is told of it. */
export type PrepareSession = (session: WebTransportSession, response: ResponseHead) => void;

interface OpeningSession {
  readonly prepare: PrepareSession | undefined;
  readonly resolve: (session: WebTransportSession) => void;
  readonly reject: (error: Error) => void;
}

/** The sessions of a connection: those that are open, and those that a client asked for. */
export class SessionSet {
  readonly #opening = new Map<number, OpeningSession>();
  readonly #open = new Map<number, WebTransportSession>();
  #hadSome = false;

  get open(): Iterable<WebTransportSession> {
    return this.#open.values();
  }

  /** Whether there were sessions, and no answer is awaited. */
  get mayBeDone(): boolean {
    return this.#hadSome && this.#opening.size === 0;
  }

  get(sessionId: number): WebTransportSession | undefined {
    return this.#open.get(sessionId);
  }

  add(session: WebTransportSession): void {
    this.#open.set(session.id, session);
    this.#hadSome = true;
  }

  /** Client: what the server makes of a request for a session. @throws {SessionRefused} */
  answerTo(sessionId: number, prepare?: PrepareSession): Promise<WebTransportSession> {
    return new Promise((resolve, reject) => {
      this.#opening.set(sessionId, { prepare, resolve, reject });
    });
  }

  /** The server agreed. */
  accepted(session: WebTransportSession, response: ResponseHead): void {
    const opening = this.#opening.get(session.id);
    this.#opening.delete(session.id);
    this.add(session);
    opening?.prepare?.(session, response);
    opening?.resolve(session);
  }

  refused(sessionId: number, status: number): void {
    this.#opening.get(sessionId)?.reject(new SessionRefused(status));
    this.#opening.delete(sessionId);
  }

  closed(sessionId: number, end: SessionEnd): void {
    this.#opening.get(sessionId)?.reject(new Error(`the session failed: ${end.reason}`));
    this.#opening.delete(sessionId);
    this.#open.get(sessionId)?.takeEnd(end);
    this.#open.delete(sessionId);
  }
}
