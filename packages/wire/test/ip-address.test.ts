import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatIp, fromHex, parseIp, toHex, UsageError } from '@mpquic/wire';
import fc from 'fast-check';

test('RFC 5952 §4 text forms', () => {
  for (const [hex, text] of [
    ['0a2d0002', '10.45.0.2'],
    ['20010db8000000000000000000000001', '2001:db8::1'],
    ['20010db8000000010001000100010001', '2001:db8:0:1:1:1:1:1'],
    ['20010000000000010000000000000001', '2001:0:0:1::1'],
    ['00000000000000000000000000000000', '::'],
    ['00000000000000000000000000000001', '::1'],
    ['fe800000000000000000000000000000', 'fe80::'],
  ] as const) {
    assert.equal(formatIp(fromHex(hex)), text);
    assert.equal(toHex(parseIp(text)), hex);
  }
  assert.equal(toHex(parseIp('::ffff:192.0.2.1')), '00000000000000000000ffffc0000201');
});

test('every address survives its text form', () => {
  const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
  fc.assert(
    fc.property(fc.oneof(octets(4), octets(16)), (bytes) => {
      assert.deepEqual(parseIp(formatIp(bytes)), Uint8Array.from(bytes));
    }),
  );
});

test('anything else is refused', () => {
  for (const text of [
    '',
    '1.2.3',
    '1.2.3.256',
    '01.2.3.4',
    '::1::',
    '1:2:3:4:5:6:7',
    '12345::',
    ':1::2',
    '1:2:3:4:5:6:7::8',
    '1.2.3.4::',
  ]) {
    assert.throws(() => parseIp(text), UsageError, text);
  }
  assert.throws(() => formatIp(new Uint8Array(5)), UsageError);
});
