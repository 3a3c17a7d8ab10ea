import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  NasDecodeError,
  readN1ModeContainer,
  writeHandoverSecurity,
  writeN1ModeContainer,
} from '@mpquic/nas';
import { fromHex, toHex } from '@mpquic/wire';
import fc from 'fast-check';

test('octets of TS 24.501 §9.11.2.6: MAC, algorithms, flags with ngKSI, sequence number', () => {
  const authenticated = writeHandoverSecurity({
    algorithms: { encryption: 2, integrity: 2 },
    horizontalDerivation: true,
    ngKsi: 5,
    sequenceNumber: 0x1a7,
  });
  assert.equal(toHex(authenticated), '2215a7');
  assert.equal(toHex(writeN1ModeContainer(fromHex('01020304'), authenticated)), '010203042215a7');
});

const security = fc.record(
  {
    algorithms: fc.record(
      { encryption: fc.integer({ min: 0, max: 15 }), integrity: fc.integer({ min: 0, max: 15 }) },
      { noNullPrototype: true },
    ),
    horizontalDerivation: fc.boolean(),
    ngKsi: fc.integer({ min: 0, max: 7 }),
    sequenceNumber: fc.integer({ min: 0, max: 255 }),
  },
  { noNullPrototype: true },
);

test('what is written is read', () => {
  fc.assert(
    fc.property(security, fc.uint8Array({ minLength: 4, maxLength: 4 }), (given, mac) => {
      const authenticated = writeHandoverSecurity(given);
      const read = readN1ModeContainer(writeN1ModeContainer(mac, authenticated));
      assert.deepEqual(read, { mac, authenticated, security: given });
    }),
  );
});

test('any octets are read or refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
      if (bytes.length === 7) {
        const { mac, authenticated } = readN1ModeContainer(bytes);
        assert.deepEqual(writeN1ModeContainer(mac, authenticated), bytes);
      } else {
        assert.throws(() => readN1ModeContainer(bytes), NasDecodeError);
      }
    }),
  );
});
