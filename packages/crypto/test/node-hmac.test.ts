import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { toHex, utf8 } from '@mpquic/wire';
import fc from 'fast-check';
import { nodeHmac } from '../src/node-hmac.ts';

const lengths = fc.oneof(
  fc.nat({ max: 140 }),
  fc.constantFrom(63, 64, 65, 127, 128, 129, 255, 256, 257, 2000),
);
const octets = lengths.chain((length) => fc.uint8Array({ minLength: length, maxLength: length }));

test('HMAC by two hashes is that of OpenSSL, whatever the lengths of key and text', () => {
  fc.assert(
    fc.property(fc.constantFrom('sha256', 'sha384'), octets, octets, (hash, key, text) => {
      const expected = createHmac(hash, key).update(text).digest('hex');
      assert.equal(toHex(nodeHmac(hash, key, text)), expected);
    }),
  );
});

test('a shorter result is the beginning of the whole', () => {
  const key = new Uint8Array(48).fill(1);
  for (const length of [1, 12, 16, 47]) {
    const whole = createHmac('sha384', key).update('text').digest('hex');
    const cut = toHex(nodeHmac('sha384', key, utf8('text'), length));
    assert.equal(cut, whole.slice(0, 2 * length));
  }
});

test('key and text stay as they are, and every result has memory of its own', () => {
  const key = new Uint8Array(32).fill(1);
  const text = new Uint8Array(20).fill(2);
  const first = nodeHmac('sha256', key, text);
  const before = toHex(first);
  nodeHmac('sha256', text, key);
  assert.equal(toHex(first), before);
  assert.ok(key.every((octet) => octet === 1) && text.every((octet) => octet === 2));
});
