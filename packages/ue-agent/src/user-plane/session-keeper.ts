import type { Access } from '@mpquic/nas';
import type { MaPduSession, UePsk } from '../session/ma-pdu-session.ts';
import type { Ue } from '../ue.ts';

/** A session with the PSK that it has now: neither is kept for later, as both may be replaced. */
export interface ReadySession {
  readonly session: MaPduSession;
  readonly psk: UePsk;
}

/** What the user plane takes sessions from. */
export interface SessionSource {
  /** The session as it is known now, for its rules. */
  readonly current: MaPduSession | undefined;
  /** Settles with a session that has a PSK. @throws {UeFailure} where the network gives none */
  ready(): Promise<ReadySession>;
  /** The UPF does not know the PSK of this session: sooner or later another session is asked for. */
  refused(session: MaPduSession): void;
}

export interface SessionKeeperOptions {
  readonly ue: Ue;
  readonly pduSessionId: number;
  /** Where the session is asked for. */
  readonly access: Access;
}

/** Refused handshakes until a session is given up that the network seems to know: some seconds. */
const PATIENCE = 20;

/**
 * The session of the user plane. Where the network released it, such as after the UPF restarted, the next flow asks
 * for another one. TS 23.527 §4.3
 */
export class SessionKeeper implements SessionSource {
  readonly #options: SessionKeeperOptions;
  #session: MaPduSession | undefined;
  #asking: Promise<ReadySession> | undefined;
  #refusals = 0;

  constructor(options: SessionKeeperOptions) {
    this.#options = options;
  }

  get current(): MaPduSession | undefined {
    return this.#session;
  }

  ready(): Promise<ReadySession> {
    const { ue } = this.#options;
    const session = this.#session;
    if (session?.psk !== undefined && ue.holds(session)) {
      return Promise.resolve({ session, psk: session.psk });
    }
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  /**
   * A UE without a signalling connection could not be told that its session is gone. With one, the UPF may only be a
   * little later than the UE with a new PSK.
   */
  refused(session: MaPduSession): void {
    if (this.#session !== session) return;
    this.#refusals += 1;
    const { ue } = this.#options;
    const told = ue.connected('3gpp') || ue.connected('non-3gpp');
    if (told && this.#refusals < PATIENCE) return;
    this.#refusals = 0;
    this.#session = undefined;
  }

  async #ask(): Promise<ReadySession> {
    const { ue, pduSessionId } = this.#options;
    const access = await this.#registeredAccess();
    let session = this.#session;
    if (session === undefined || !ue.holds(session)) {
      session = await ue.establishSession(pduSessionId, access);
      this.#session = session;
      this.#refusals = 0;
    }
    const psk = session.psk ?? (await ue.derivePsk(session));
    return { session, psk };
  }

  /** The preferred access, or the other one where only that has a signalling connection, or registers. */
  async #registeredAccess(): Promise<Access> {
    const { ue, access } = this.#options;
    const accesses: readonly Access[] = [access, access === '3gpp' ? 'non-3gpp' : '3gpp'];
    const usable = accesses.find((one) => ue.connected(one) && ue.registered(one));
    if (usable !== undefined) return usable;
    let failure: unknown;
    for (const one of accesses) {
      try {
        await ue.register(one);
        return one;
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }
}
