import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TimedRoleEvent } from '@mpquic/service';
import { toHex } from '@mpquic/wire';
import { joinedCapture, type Recording } from './capture.ts';
import type { ThreeRolesResult } from './three-roles.ts';

/** `run.json`: what happened, for programs. It never holds a key. */
function runDocument(result: ThreeRolesResult): object {
  return { ...result.report, ...eventsDocument(result.events) };
}

/** Events by their kind, without keys and without the octets of messages. */
export function eventsDocument(events: readonly TimedRoleEvent[]): object {
  return {
    messages: events.filter((event) => event.type === 'message').map(withoutOctets),
    keySteps: events.filter((event) => event.type === 'key').map(withoutKey),
    psk: events.filter((event) => event.type === 'psk').map(withHex),
    pathEvents: events.filter((event) => event.type === 'path'),
    phases: events.filter((event) => event.type === 'phase'),
    measures: events.filter((event) => event.type === 'measure'),
  };
}

function withoutOctets(event: Extract<TimedRoleEvent, { type: 'message' }>): object {
  const { payload: _, plaintext: __, ...rest } = event;
  return rest;
}

function withoutKey(event: Extract<TimedRoleEvent, { type: 'key' }>): object {
  const { value, s, ...rest } = event;
  return {
    ...rest,
    ...(s === undefined ? {} : { s: toHex(s) }),
    ...(event.secret ? {} : { value: toHex(value) }),
  };
}

function withHex(event: Extract<TimedRoleEvent, { type: 'psk' }>): object {
  return { ...event, kid: toHex(event.kid) };
}

/** Writes `capture.pcapng`, `keys.log`, `qlog/` and `run.json` into a folder. */
export function writeArtefacts(folder: string, result: ThreeRolesResult): readonly string[] {
  const written = writeRun(folder, result, runDocument(result));
  if (!existsSync(result.qlog)) return written;
  const qlog = join(folder, 'qlog');
  cpSync(result.qlog, qlog, { recursive: true });
  return [...written, `${qlog}/`];
}

/** Writes `capture.pcapng`, `keys.log` and `run.json` into a folder: what holds keys for its owner only. */
export function writeRun(folder: string, recording: Recording, run: object): readonly string[] {
  mkdirSync(folder, { recursive: true });
  const files: readonly (readonly [name: string, content: string | Uint8Array, mode: number])[] = [
    ['capture.pcapng', joinedCapture(recording), 0o600],
    ['keys.log', recording.keyLog, 0o600],
    ['run.json', `${JSON.stringify(run, null, 2)}\n`, 0o644],
  ];
  return files.map(([name, content, mode]) => {
    const path = join(folder, name);
    writeFileSync(path, content, { mode });
    return path;
  });
}
