import type { N4Session } from './n4-session.ts';
import type { SmfSession } from './smf-session.ts';

/** All sessions of this SMF, by SM context reference, and by UE and session ID. */
export class SmfSessions {
  readonly #byReference = new Map<string, SmfSession>();
  readonly #byUe = new Map<string, SmfSession>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#byReference.size;
  }

  get full(): boolean {
    return this.#byReference.size >= this.#limit;
  }

  values(): Iterable<SmfSession> {
    return this.#byReference.values();
  }

  find(reference: string): SmfSession | undefined {
    return this.#byReference.get(reference);
  }

  findOfUe(supi: string, pduSessionId: number): SmfSession | undefined {
    return this.#byUe.get(`${supi} ${pduSessionId}`);
  }

  /** The session that an N4 session serves; undefined where it has another one meanwhile. */
  findByN4(n4: N4Session): SmfSession | undefined {
    const session = this.#byReference.get(n4.reference);
    return session?.n4 === n4 ? session : undefined;
  }

  add(session: SmfSession): void {
    this.#byReference.set(session.reference, session);
    this.#byUe.set(`${session.supi} ${session.pduSessionId}`, session);
  }

  /** Forgets a session; a key that it still holds is overwritten. */
  remove(session: SmfSession): void {
    session.hold(undefined);
    session.state = 'released';
    this.#byReference.delete(session.reference);
    const name = `${session.supi} ${session.pduSessionId}`;
    if (this.#byUe.get(name) === session) this.#byUe.delete(name);
  }
}
