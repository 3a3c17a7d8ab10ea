import type { AccessName } from '@mpquic/service';
import { wipe } from '@mpquic/wire';
import type { SteeringModeName } from './atsss.ts';
import type { N4Session } from './n4-session.ts';

/** What the SMF remembers of a PSK that a UPF holds: never the key. */
export interface InstalledPsk {
  readonly kid: Uint8Array;
  /** Counts the keys of one session from 1. */
  readonly generation: number;
}

/** A key that the AMF gave and that is not yet with the UPF. */
export interface HeldKey {
  readonly name: 'PSK' | 'K_SMF';
  readonly key: Uint8Array;
  readonly kid: Uint8Array | undefined;
  readonly ulNasCount: number | undefined;
}

export type SessionState = 'establishing' | 'active' | 'releasing' | 'released';

/** One PDU session at the SMF. */
export class SmfSession {
  /** Last segment of its SM context's path. */
  readonly reference: string;
  readonly supi: string;
  readonly pduSessionId: number;
  readonly dnn: string;
  readonly multiAccess: boolean;
  /** Path at the AMF that learns when the session is released. */
  readonly statusPath: string;
  /** Of the life of the AMF that asked for the session, where it told. */
  readonly amfRecoveryTime: string | undefined;
  state: SessionState = 'establishing';
  /** Access of the request: N1 messages go there. */
  access: AccessName;
  /** Accesses that carry the session, or are to. */
  readonly accesses: Set<AccessName>;
  /** Procedure transaction that the next answer to the UE belongs to. */
  procedureTransactionId = 0;
  steeringMode: SteeringModeName;
  /** Whether the UE can do MPQUIC with a PSK, so that it was chosen. */
  usesMpquic = false;
  /** Whether the UE asked for IPv4 and IPv6, and is told that it gets IPv4 only. TS 24.501 §6.4.1.3 */
  onlyIpv4 = false;
  /** FQDN of the UPF that was selected, before and while there is an N4 session. */
  selectedUpfId: string | undefined;
  n4: N4Session | undefined;
  /** Address of the session (IP@3). */
  ueIp: string | undefined;
  psk: InstalledPsk | undefined;
  generation = 0;
  #held: HeldKey | undefined;
  #leaving: { readonly timer: NodeJS.Timeout; end(): void } | undefined;
  #queue: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(
    reference: string,
    request: Pick<
      SmfSession,
      | 'supi'
      | 'pduSessionId'
      | 'dnn'
      | 'multiAccess'
      | 'statusPath'
      | 'amfRecoveryTime'
      | 'access'
      | 'steeringMode'
    >,
    otherAccess: AccessName | undefined,
  ) {
    this.reference = reference;
    this.supi = request.supi;
    this.pduSessionId = request.pduSessionId;
    this.dnn = request.dnn;
    this.multiAccess = request.multiAccess;
    this.statusPath = request.statusPath;
    this.amfRecoveryTime = request.amfRecoveryTime;
    this.access = request.access;
    this.steeringMode = request.steeringMode;
    this.accesses = new Set([request.access]);
    if (otherAccess !== undefined) this.accesses.add(otherAccess);
  }

  /** The UPF that the session moves away from keeps its part for a while; one that it left before ends now. */
  leave(n4: N4Session, milliseconds: number, end: (n4: N4Session) => void): void {
    this.finishLeaving();
    const timer = setTimeout(() => this.finishLeaving(), milliseconds).unref();
    this.#leaving = { timer, end: () => end(n4) };
  }

  /** Nothing is left at a UPF that the session moved away from. */
  finishLeaving(): void {
    const leaving = this.#leaving;
    this.#leaving = undefined;
    clearTimeout(leaving?.timer);
    leaving?.end();
  }

  /** Keeps a key until it is installed; the one before is overwritten. */
  hold(key: HeldKey | undefined): void {
    if (this.#held !== undefined) wipe(this.#held.key);
    this.#held = key;
  }

  /** The held key, which now belongs to the caller. */
  takeHeld(): HeldKey | undefined {
    const held = this.#held;
    this.#held = undefined;
    return held;
  }

  /** Whether so many requests wait that more are refused. */
  get overloaded(): boolean {
    return this.#waiting >= MAX_WAITING;
  }

  /** Runs `task` after all earlier ones, so that the messages of a session are served in order. */
  async inOrder<T>(task: () => Promise<T>): Promise<T> {
    this.#waiting += 1;
    const turn = this.#queue.then(task);
    this.#queue = turn.then(
      () => undefined,
      () => undefined,
    );
    try {
      return await turn;
    } finally {
      this.#waiting -= 1;
    }
  }
}

const MAX_WAITING = 16;
