import type { Access } from '@mpquic/nas';
import { UeFailure } from '../failure.ts';
import type { MaPduSession, UePsk } from '../ma-pdu-session.ts';
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
}

export interface SessionKeeperOptions {
  readonly ue: Ue;
  readonly pduSessionId: number;
  /** Where the session is asked for. */
  readonly access: Access;
}

/**
 * The session of the user plane. Where the network released it, such as after the UPF restarted, the next flow asks
 * for another one. TS 23.527 §4.3
 */
export class SessionKeeper implements SessionSource {
  readonly #options: SessionKeeperOptions;
  #session: MaPduSession | undefined;
  #asking: Promise<ReadySession> | undefined;

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

  async #ask(): Promise<ReadySession> {
    const { ue, pduSessionId } = this.#options;
    const access = this.#connectedAccess();
    let session = this.#session;
    if (session === undefined || !ue.holds(session)) {
      session = await ue.establishSession(pduSessionId, access);
      this.#session = session;
    }
    const psk = session.psk ?? (await ue.derivePsk(session));
    return { session, psk };
  }

  /** The preferred access, or the other one where only that has a signalling connection. */
  #connectedAccess(): Access {
    const { ue, access } = this.#options;
    const other: Access = access === '3gpp' ? 'non-3gpp' : '3gpp';
    if (ue.connected(access)) return access;
    if (ue.connected(other)) return other;
    throw new UeFailure('connection_lost', 'the UE has no signalling connection');
  }
}
