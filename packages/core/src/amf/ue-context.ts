import type { Guti, SecurityCapability, Stmsi } from '@mpquic/nas';
import type { AccessName } from '@mpquic/service';
import { wipe } from '@mpquic/wire';
import type { NasConnection } from './nas-connection.ts';
import type { AmfSecurityContext } from './security-context.ts';

/** What the AMF knows of one PDU session. */
export interface AmfSession {
  readonly pduSessionId: number;
  /** Tells sessions apart that had the same ID one after the other. */
  readonly instance: number;
  /** Path of the SM context at the SMF; undefined while it is created, and once it is released. */
  smContext: string | undefined;
  /** Of the life of the SMF that has the SM context, where it told. */
  smfRecoveryTime: string | undefined;
  /** Settled when the SMF has answered the request to create the SM context. */
  created: Promise<unknown>;
  /** The access of the request; N1 messages go there first. */
  access: AccessName;
  /** Accesses that carry the session. */
  readonly accesses: Set<AccessName>;
  /**
   * Uplink NAS COUNT of the message that asked for the session, or for its last update: "stored COUNT".
   */
  ulNasCount: number;
  readonly multiAccess: boolean;
}

/** What the AMF knows of a UE on one access. */
export interface AccessState {
  registered: boolean;
  /** The N1 signalling connection: CM-CONNECTED while there is one. */
  connection: NasConnection | undefined;
  /** K_gNB or K_N3IWF of this CM-CONNECTED period, as the AMF made it. TS 33.501 A.9 */
  accessKey: Uint8Array | undefined;
  /** The last NH and its chaining counter. TS 33.501 A.10 */
  nextHop: { readonly key: Uint8Array; readonly chainingCounter: number } | undefined;
}

/** A UE that is registered over at least one access. */
export class UeContext {
  /** `imsi-` and digits. */
  readonly supi: string;
  readonly guti: Guti;
  readonly sessions: Map<number, AmfSession> = new Map();
  readonly accesses: { readonly [A in AccessName]: AccessState } = {
    '3gpp': emptyAccess(),
    'non-3gpp': emptyAccess(),
  };
  /** Runs while the UE is CM-IDLE over both accesses. */
  implicitDeregistration: NodeJS.Timeout | undefined;
  /** Whether a new K_AMF is being agreed on because COUNTs near their end. */
  renewing = false;
  #sessionInstances = 0;
  securityCapability: SecurityCapability;
  /** The context in use; a connection may still use the one before. */
  security: AmfSecurityContext;

  constructor(
    supi: string,
    guti: Guti,
    securityCapability: SecurityCapability,
    security: AmfSecurityContext,
  ) {
    this.supi = supi;
    this.guti = guti;
    this.securityCapability = securityCapability;
    this.security = security;
  }

  get registered(): boolean {
    return ACCESSES.some((access) => this.accesses[access].registered);
  }

  get connections(): NasConnection[] {
    return ACCESSES.flatMap((access) => this.accesses[access].connection ?? []);
  }

  /** The connection for a message of a session: that of `preferred`, or else of the other access. */
  reachableOver(preferred: AccessName): NasConnection | undefined {
    const other = preferred === '3gpp' ? 'non-3gpp' : '3gpp';
    return this.accesses[preferred].connection ?? this.accesses[other].connection;
  }

  /** Counts the sessions that this UE ever asked for. */
  nextSessionInstance(): number {
    this.#sessionInstances += 1;
    return this.#sessionInstances;
  }

  /** A key set identifier that no context of this UE has. */
  get nextNgKsi(): number {
    return (this.security.ngKsi + 1) % 7;
  }

  /** Takes `next` into use; the context before is wiped once no connection uses it. */
  replaceSecurity(next: AmfSecurityContext): void {
    const previous = this.security;
    this.security = next;
    this.retire(previous);
  }

  /** Wipes `context` unless it is in use. */
  retire(context: AmfSecurityContext): void {
    if (context === this.security) return;
    if (this.connections.some((connection) => connection.security === context)) return;
    context.dispose();
  }

  /** Overwrites the keys that hang on one access. */
  forgetAccessKeys(access: AccessName): void {
    const state = this.accesses[access];
    if (state.accessKey !== undefined) wipe(state.accessKey);
    if (state.nextHop !== undefined) wipe(state.nextHop.key);
    state.accessKey = undefined;
    state.nextHop = undefined;
  }

  /** Overwrites all keys. */
  dispose(): void {
    clearTimeout(this.implicitDeregistration);
    for (const access of ACCESSES) this.forgetAccessKeys(access);
    this.security.dispose();
    for (const { security } of this.connections) security?.dispose();
  }
}

export const ACCESSES: readonly AccessName[] = ['3gpp', 'non-3gpp'];

/** All UEs of this AMF, by SUPI and by temporary identity. */
export class UeContexts {
  readonly #bySupi = new Map<string, UeContext>();
  readonly #byTmsi = new Map<number, UeContext>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#bySupi.size;
  }

  get full(): boolean {
    return this.#bySupi.size >= this.#limit;
  }

  values(): Iterable<UeContext> {
    return this.#bySupi.values();
  }

  find(supi: string): UeContext | undefined {
    return this.#bySupi.get(supi);
  }

  findTemporary(identity: Guti | Stmsi): UeContext | undefined {
    return this.#byTmsi.get(identity.tmsi);
  }

  hasTmsi(tmsi: number): boolean {
    return this.#byTmsi.has(tmsi);
  }

  add(ue: UeContext): void {
    this.#bySupi.set(ue.supi, ue);
    this.#byTmsi.set(ue.guti.tmsi, ue);
  }

  remove(ue: UeContext): void {
    ue.dispose();
    if (this.#bySupi.get(ue.supi) === ue) this.#bySupi.delete(ue.supi);
    this.#byTmsi.delete(ue.guti.tmsi);
  }
}

function emptyAccess(): AccessState {
  return { registered: false, connection: undefined, accessKey: undefined, nextHop: undefined };
}
