import { closeSync, openSync, writeSync } from 'node:fs';
import { type Address, fromHex, toHex } from '@mpquic/wire';
import type { EventSink, RoleEvent, TimedRoleEvent } from './role-events.ts';
import { wallClock } from './role-events.ts';

/** What becomes of keys in written events. */
export type SecretsPolicy = 'show' | 'omit';

/**
 * An event as one line of JSON, with byte strings in hexadecimal. With `omit`, the values of keys and
 * the octets of messages that hold keys are left out.
 */
export function eventLine(event: TimedRoleEvent, secrets: SecretsPolicy): string {
  const hidden = secrets === 'omit' && 'secret' in event && event.secret;
  const fields = Object.entries(event).filter(([name]) => !(hidden && SECRET_FIELDS.has(name)));
  return JSON.stringify(Object.fromEntries(fields), (_, value: unknown) =>
    value instanceof Uint8Array ? toHex(value) : value,
  );
}

/** The event of a line that {@link eventLine} wrote. @throws {SyntaxError} on anything else */
export function parseEventLine(line: string): TimedRoleEvent {
  const fields = JSON.parse(line) as Record<string, unknown>;
  if (typeof fields !== 'object' || fields === null || typeof fields['type'] !== 'string') {
    throw new SyntaxError('not the line of an event');
  }
  for (const name of BYTE_FIELDS) {
    const value = fields[name];
    if (typeof value === 'string') fields[name] = fromHex(value);
  }
  // An omitted key still has its step in the chain, with an empty value.
  if (fields['type'] === 'key' || fields['type'] === 'key_received') {
    fields['value'] ??= new Uint8Array();
  }
  return fields as unknown as TimedRoleEvent;
}

/** Writes events as JSON lines to a file, each line at once, so that a crash loses none. */
export class EventFile implements EventSink {
  readonly #descriptor: number;
  readonly #secrets: SecretsPolicy;
  #open = true;

  /** @throws {Error} of node:fs where the file cannot be written */
  constructor(path: string, secrets: SecretsPolicy) {
    this.#descriptor = openSync(path, 'w', 0o600);
    this.#secrets = secrets;
  }

  record(event: RoleEvent): void {
    if (!this.#open) return;
    writeSync(this.#descriptor, `${eventLine({ ...event, at: wallClock() }, this.#secrets)}\n`);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.#descriptor);
  }
}

/** A datagram or a piece of a byte stream as a capture wants it. `payload` is lent for the call. */
export interface CapturedPacket {
  readonly interface: 'N1' | 'N2' | 'N4' | 'SBI' | 'QUIC';
  readonly transport: 'udp' | 'tcp';
  readonly source: Address;
  readonly destination: Address;
  readonly payload: Uint8Array;
}

/** Sees every packet of a role, for captures. Must not throw. */
export type CaptureTap = (packet: CapturedPacket) => void;

const SECRET_FIELDS: ReadonlySet<string> = new Set(['value', 'payload', 'plaintext']);
const BYTE_FIELDS = ['payload', 'plaintext', 's', 'value', 'kid'] as const;
