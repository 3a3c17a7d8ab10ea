import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { Secret } from '@mpquic/wire';

test('a secret shows its length only', () => {
  const secret = new Secret(Uint8Array.of(0xca, 0xfe));
  assert.equal(String(secret), '(2 secret octets)');
  assert.equal(JSON.stringify({ secret }), '{"secret":"(2 secret octets)"}');
  assert.doesNotMatch(inspect({ secret }, { depth: 9, showHidden: true }), /ca|202|254/i);
});

test('a secret owns its octets and wipes them', () => {
  const octets = Uint8Array.of(1, 2);
  const secret = new Secret(octets);
  octets.fill(9);
  const view = secret.reveal();
  assert.deepEqual(view, Uint8Array.of(1, 2));
  secret.dispose();
  assert.deepEqual(view, Uint8Array.of(0, 0));
  assert.equal(secret.length, 2);
});

test('a Buffer is copied as well: its slice() would share memory', () => {
  const buffer = Buffer.from([1, 2, 3]);
  const secret = new Secret(buffer);
  secret.dispose();
  assert.deepEqual([...buffer], [1, 2, 3]);
});
