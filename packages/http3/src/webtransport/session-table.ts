import type { RequestHead } from '../message.ts';
import type { SessionStream } from './session-stream.ts';

/** The sessions of a connection, and requests for sessions that wait for the client's settings. WT-07 §3.1 */
export class SessionTable {
  readonly #sessions = new Map<number, SessionStream>();
  readonly #deferred = new Map<number, RequestHead>();

  /** Sessions whose CONNECT stream is not over. */
  get size(): number {
    return this.#sessions.size;
  }

  /** What counts against the limit of sessions: those that are open, requested or deferred. */
  get taken(): number {
    let count = this.#deferred.size;
    for (const { isRequested, isOpen } of this.#sessions.values()) {
      if (isRequested || isOpen) count += 1;
    }
    return count;
  }

  /** Those there are now. */
  all(): readonly SessionStream[] {
    return [...this.#sessions.values()];
  }

  get(sessionId: number): SessionStream | undefined {
    return this.#sessions.get(sessionId);
  }

  add(session: SessionStream): void {
    this.#sessions.set(session.sessionId, session);
  }

  remove(sessionId: number): void {
    this.#sessions.delete(sessionId);
  }

  isOpen(sessionId: number): boolean {
    return this.#sessions.get(sessionId)?.isOpen === true;
  }

  /** Whether a session is requested, and not decided on. */
  isRequested(sessionId: number): boolean {
    return this.#sessions.get(sessionId)?.isRequested === true || this.#deferred.has(sessionId);
  }

  /** Keeps a request until the settings are there. */
  defer(sessionId: number, request: RequestHead): void {
    this.#deferred.set(sessionId, request);
  }

  isDeferred(sessionId: number): boolean {
    return this.#deferred.has(sessionId);
  }

  /** The client gave a deferred request up. */
  withdraw(sessionId: number): void {
    this.#deferred.delete(sessionId);
  }

  takeDeferred(): readonly (readonly [sessionId: number, request: RequestHead])[] {
    const deferred = [...this.#deferred];
    this.#deferred.clear();
    return deferred;
  }
}
