import type { Address, Instant } from '@mpquic/wire';

/** Lifelines of a call-flow ladder. */
export type Lifeline = 'ue' | 'gnb' | 'n3iwf' | 'amf' | 'ausf' | 'udm' | 'smf' | 'upf' | 'dn';

export type AccessName = '3gpp' | 'non-3gpp';

export type InterfaceName = 'N1' | 'N2' | 'N4' | 'SBI' | 'QUIC';

/** A message, recorded by its sender, so that one run holds it once. */
export interface MessageSent {
  readonly type: 'message';
  readonly interface: InterfaceName;
  readonly access?: AccessName;
  readonly from: Lifeline;
  readonly to: Lifeline;
  /** Name in its specification, for example `PDU SESSION ESTABLISHMENT ACCEPT`. */
  readonly name: string;
  /** What it answers or carries that a reader wants to see, for example a cause or the message inside. */
  readonly detail?: string;
  /** Octets on the wire of its interface, without transport headers. */
  readonly length: number;
  /** As on the wire. */
  readonly payload?: Uint8Array;
  /** The message inside without its protection, where `payload` is ciphered (N1). */
  readonly plaintext?: Uint8Array;
  /** Whether `payload` or `plaintext` holds a key. */
  readonly secret: boolean;
  readonly source?: Address;
  readonly destination?: Address;
}

/** One application of the KDF of TS 33.220 Annex B.2, or another step of a key chain. */
export interface KeyDerived {
  readonly type: 'key';
  /** Who computed it. */
  readonly holder: Lifeline;
  /** Name of the result, for example `K_AMF`. */
  readonly name: string;
  /** Name of the input key, for example `K_SEAF`. */
  readonly key?: string;
  /** Hexadecimal, for example `6d` or `fff6`; absent where it is no KDF of TS 33.220. */
  readonly fc?: string;
  /** The input string S of the KDF. */
  readonly s?: Uint8Array;
  readonly value: Uint8Array;
  /** False for identifiers such as a KID; everything else is a key. */
  readonly secret: boolean;
  readonly access?: AccessName;
}

/** A key that came in a message instead of a derivation: who can compute or hold what. */
export interface KeyReceived {
  readonly type: 'key_received';
  readonly holder: Lifeline;
  readonly from: Lifeline;
  readonly name: string;
  readonly value: Uint8Array;
  readonly secret: true;
}

export type PskState =
  | 'derived'
  | 'delivered'
  | 'installed'
  | 'in_use'
  | 'superseded'
  | 'expired'
  | 'deleted';

/** A PSK changed its state at one holder. Never carries the key. */
export interface PskChanged {
  readonly type: 'psk';
  readonly holder: Lifeline;
  readonly state: PskState;
  /** Travels in the clear in the ClientHello. */
  readonly kid: Uint8Array;
  readonly solution: string;
  readonly variant: string;
  readonly pduSessionId?: number;
  readonly reason?: string;
}

/** A network path of a multipath QUIC connection changed. */
export interface PathChanged {
  readonly type: 'path';
  readonly holder: Lifeline;
  readonly pathId: number;
  readonly access?: AccessName;
  readonly state: 'validating' | 'active' | 'suspect' | 'recovered' | 'abandoned';
  readonly local?: string;
  readonly remote?: string;
  readonly rttMs?: number;
  readonly bytesSent?: number;
  readonly bytesReceived?: number;
  readonly detail?: string;
}

/** Marks where a phase of the story begins or ends: registration, session, handshake, transfer, ... */
export interface PhaseMarked {
  readonly type: 'phase';
  readonly holder: Lifeline;
  readonly phase: string;
  readonly mark: 'start' | 'end' | 'failed';
  readonly detail?: string;
}

/** A figure that was measured, for reports. */
export interface Measured {
  readonly type: 'measure';
  readonly holder: Lifeline;
  readonly name: string;
  readonly value: number;
  readonly unit: 'us' | 'octets' | 'count' | 'bit/s';
}

export type RoleEvent =
  | MessageSent
  | KeyDerived
  | KeyReceived
  | PskChanged
  | PathChanged
  | PhaseMarked
  | Measured;

/** An event and when it happened, in microseconds since 1970, comparable between processes of one machine. */
export type TimedRoleEvent = RoleEvent & { readonly at: Instant };

/** Where a role tells what it does. Must not throw, and copies what it keeps: byte strings are lent. */
export interface EventSink {
  record(event: RoleEvent): void;
}

/** Throws events away. */
export const noEvents: EventSink = { record: () => undefined };

/** Microseconds since 1970, monotonic within the process. */
export function wallClock(): Instant {
  return Math.round((performance.timeOrigin + performance.now()) * 1000);
}

/** Hands every event to several sinks. */
export function teeEvents(...sinks: readonly EventSink[]): EventSink {
  return {
    record(event) {
      for (const sink of sinks) sink.record(event);
    },
  };
}

/** Keeps events in memory, with copies of their byte strings, up to a cap; older ones stay. */
export class EventLog implements EventSink {
  readonly #events: TimedRoleEvent[] = [];
  readonly #limit: number;
  readonly #clock: () => Instant;

  constructor(limit = 100_000, clock: () => Instant = wallClock) {
    this.#limit = limit;
    this.#clock = clock;
  }

  get events(): readonly TimedRoleEvent[] {
    return this.#events;
  }

  record(event: RoleEvent): void {
    if (this.#events.length < this.#limit) {
      this.#events.push({ ...copied(event), at: this.#clock() });
    }
  }
}

function copied(event: RoleEvent): RoleEvent {
  const copy: Record<string, unknown> = { ...event };
  for (const [name, value] of Object.entries(copy)) {
    if (value instanceof Uint8Array) copy[name] = value.slice();
  }
  return copy as unknown as RoleEvent;
}
