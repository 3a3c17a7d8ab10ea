import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TimedRoleEvent } from '@mpquic/service';
import { toHex } from '@mpquic/wire';
import { writeJoinedCapture } from './capture.ts';
import type { ThreeRolesResult } from './three-roles.ts';

/** `run.json`: what happened, for programs. It never holds a key. */
function runDocument(result: ThreeRolesResult): object {
  return {
    ...result.report,
    messages: result.events.filter((event) => event.type === 'message').map(withoutOctets),
    keySteps: result.events.filter((event) => event.type === 'key').map(withoutKey),
    psk: result.events.filter((event) => event.type === 'psk').map(withHex),
    pathEvents: result.events.filter((event) => event.type === 'path'),
    phases: result.events.filter((event) => event.type === 'phase'),
    measures: result.events.filter((event) => event.type === 'measure'),
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
  mkdirSync(folder, { recursive: true });
  const path = (name: string): string => join(folder, name);
  writeFileSync(path('keys.log'), result.keyLog, { mode: 0o600 });
  writeJoinedCapture(path('capture.pcapng'), result.events, result.ueCapture, result.keyLog);
  writeFileSync(path('run.json'), `${JSON.stringify(runDocument(result), null, 2)}\n`);
  const written = ['capture.pcapng', 'keys.log', 'run.json'];
  const qlog = join(dirname(result.ueCapture), 'qlog');
  if (existsSync(qlog)) {
    cpSync(qlog, path('qlog'), { recursive: true });
    written.push('qlog/');
  }
  return written.map(path);
}
