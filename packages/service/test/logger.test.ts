import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger, isKeyLike } from '../src/index.ts';

const SECRET = 'c0ffee00c0ffee00';

function logged(pretty: boolean, fields: object): string {
  const lines: string[] = [];
  const logger = createLogger({ name: 'core', pretty, write: (line) => lines.push(line) });
  logger.info(fields, 'session established');
  assert.equal(lines.length, 1);
  return lines[0] as string;
}

test('keys do not reach a log line, however deep they stand', () => {
  for (const pretty of [true, false]) {
    const line = logged(pretty, {
      psk: SECRET,
      kAmf: SECRET,
      K_UPF: SECRET,
      nested: { list: [{ opc: SECRET, payload: new Uint8Array([0xc0, 0xff, 0xee]) }] },
    });
    assert.doesNotMatch(line, /c0ffee|192,255,238/);
    assert.match(line, /redacted/);
    assert.match(line, /\[3 octets\]/);
  }
});

test('a pretty line is one line without colour', () => {
  const line = logged(true, { supi: 'imsi-001010123456789' });
  assert.match(line, /^\d\d:\d\d:\d\d\.\d{3} info {2}core: session established supi=imsi-001/);
  assert.equal(line.indexOf('\u001b'), -1);
  assert.equal(line.indexOf('\n'), line.length - 1);
});

test('names of keys are known, names of identifiers are not keys', () => {
  for (const name of ['k', 'opc', 'kAusf', 'psk', 'sharedSecret', 'rootKey']) {
    assert.ok(isKeyLike(name), name);
  }
  for (const name of ['kid', 'supi', 'publicKey', 'keyPhase', 'port', 'kind']) {
    assert.ok(!isKeyLike(name), name);
  }
});
