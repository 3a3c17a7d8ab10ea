import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  decodePacketNumber,
  packetNumberLength,
  readPacketNumber,
  writePacketNumber,
} from '../src/wire/packet-number.ts';

test('RFC 9000 A.2: the octets that a packet number takes', () => {
  assert.equal(packetNumberLength(0xac5c02, 0xabe8b3), 2);
  assert.equal(packetNumberLength(0xace8fe, 0xabe8b3), 3);
  assert.equal(packetNumberLength(0, -1), 1);
});

test('RFC 9000 A.3: a packet number is restored from its last octets', () => {
  assert.equal(decodePacketNumber(0x9b32, 2, 0xa82f30ea), 0xa82f9b32);
});

test('a number within half a window of the expected one is restored, of whatever size', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 31 - 1), fc.maxSafeNat(), (ahead, acknowledged) => {
      const number = Math.min(acknowledged + 1 + ahead, Number.MAX_SAFE_INTEGER - 2 ** 33);
      const largestAcknowledged = Math.max(number - 1 - ahead, -1);
      const length = packetNumberLength(number, largestAcknowledged);
      const bytes = new Uint8Array(4);
      assert.equal(writePacketNumber(bytes, 0, number, length), length);
      const truncated = readPacketNumber(bytes, 0, length);
      // The receiver may have seen anything from the acknowledged number to the one before this.
      for (const received of [largestAcknowledged, number - 1]) {
        assert.equal(decodePacketNumber(truncated, length, received), number);
      }
    }),
  );
});
