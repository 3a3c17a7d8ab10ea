import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fromHex } from '@mpquic/wire';
import {
  EventFile,
  EventLog,
  eventLine,
  parseEventLine,
  type RoleEvent,
  teeEvents,
} from '../src/index.ts';

const key: RoleEvent = {
  type: 'key',
  holder: 'amf',
  name: 'K_UPF',
  key: 'K_AMF',
  fc: 'fff6',
  s: fromHex('fff6050001'),
  value: fromHex('deadbeef'),
  secret: true,
};
const message: RoleEvent = {
  type: 'message',
  interface: 'N4',
  from: 'smf',
  to: 'upf',
  name: 'Session Establishment Request',
  length: 2,
  payload: fromHex('cafe'),
  secret: true,
};

test('a line brings the event back', () => {
  for (const event of [key, message]) {
    const timed = { ...event, at: 17 };
    assert.deepEqual(parseEventLine(eventLine(timed, 'show')), timed);
  }
});

test('keys and messages with keys are left out unless asked for', () => {
  assert.doesNotMatch(eventLine({ ...key, at: 1 }, 'omit'), /deadbeef/);
  const line = eventLine({ ...message, at: 1 }, 'omit');
  assert.doesNotMatch(line, /cafe/);
  assert.match(line, /"length":2/);
  assert.match(eventLine({ ...message, secret: false, at: 1 }, 'omit'), /cafe/);
  const again = parseEventLine(eventLine({ ...key, at: 1 }, 'omit'));
  assert.equal(again.type === 'key' && again.value.length, 0);
});

test('a malformed line is refused', () => {
  for (const line of ['', '1', 'null', '{}', '{"type":1}']) {
    assert.throws(() => parseEventLine(line), SyntaxError);
  }
});

test('a log keeps copies up to its cap, and a file one line each', () => {
  const folder = mkdtempSync(join(tmpdir(), 'events-'));
  try {
    const file = new EventFile(join(folder, 'events.jsonl'), 'omit');
    const log = new EventLog(2, () => 5);
    const sink = teeEvents(file, log);
    const value = fromHex('00ff');
    sink.record({ ...key, value });
    value.fill(0xaa);
    sink.record(message);
    sink.record(message);
    file.close();
    file.close();
    sink.record(message);
    assert.equal(log.events.length, 2);
    const first = log.events[0];
    assert.deepEqual(first?.type === 'key' && first.value, fromHex('00ff'));
    const lines = readFileSync(join(folder, 'events.jsonl'), 'utf8').trimEnd().split('\n');
    assert.equal(lines.length, 3);
    for (const line of lines) parseEventLine(line);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
