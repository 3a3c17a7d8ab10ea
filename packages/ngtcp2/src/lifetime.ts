import type { CloseReason, ConnectionEvent } from '@mpquic/quic';
import type { Instant } from '@mpquic/wire';

/**
 * The end of a connection: `closing` after this side's CONNECTION_CLOSE, `draining` after the peer's, and
 * `closed` when all state may go. RFC 9000 §10.2
 */
export type Phase = 'open' | 'closing' | 'draining' | 'closed';

export class Lifetime {
  #phase: Phase = 'open';
  #reason: CloseReason | undefined;
  #until: Instant = 0;
  readonly #event: (event: ConnectionEvent) => void;

  constructor(event: (event: ConnectionEvent) => void) {
    this.#event = event;
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** When the end of closing or draining is due. */
  get deadline(): Instant | undefined {
    return this.#phase === 'closing' || this.#phase === 'draining' ? this.#until : undefined;
  }

  /** False where it was not open any more. */
  begin(phase: 'closing' | 'draining', reason: CloseReason, until: Instant): boolean {
    if (this.#phase !== 'open') return false;
    this.#phase = phase;
    this.#reason = reason;
    this.#until = until;
    this.#event({ type: 'closing', reason });
    return true;
  }

  /** At once and without a word, with `reason` where it was open. */
  end(reason: CloseReason): void {
    if (this.#phase === 'closed') return;
    const known = this.#reason;
    if (known === undefined) this.#event({ type: 'closing', reason });
    this.#phase = 'closed';
    this.#event({ type: 'closed', reason: known ?? reason });
  }

  /** Closing or draining took its time. */
  expire(now: Instant): boolean {
    if (this.#reason === undefined || this.deadline === undefined || now < this.#until) {
      return false;
    }
    this.end(this.#reason);
    return true;
  }
}
