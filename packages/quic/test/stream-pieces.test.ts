import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeCryptoProvider, type PacketKeys } from '@mpquic/crypto';
import fc from 'fast-check';
import { StreamPieces } from '../src/streams/stream-pieces.ts';
import { openingRuns } from './run-opener.ts';

const KEYS: PacketKeys = {
  aead: 'aes-128-gcm',
  key: new Uint8Array(16),
  iv: new Uint8Array(12),
  headerProtectionKey: new Uint8Array(16),
};
const opener = openingRuns(nodeCryptoProvider).createOpener(KEYS);
const source = Uint8Array.from({ length: 256 }, (_, i) => i);

test('pieces arrive in order, wherever the targets end', () => {
  const pieces = fc.array(fc.tuple(fc.nat(200), fc.integer({ min: 1, max: 50 })), {
    minLength: 1,
    maxLength: 64,
  });
  const moves = fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 1 });
  fc.assert(
    fc.property(pieces, moves, (rows, counts) => {
      const collected = new StreamPieces();
      collected.begin(opener, source, { offset: 1_000 });
      for (const [from, length] of rows) collected.append(from, length);
      const expected = rows.flatMap(([from, length]) => [...source.subarray(from, from + length)]);
      const moved: number[] = [];
      for (let i = 0; collected.length > 0; i++) {
        const count = Math.min(collected.length, counts[i % counts.length] as number);
        assert.equal(collected.offset, 1_000 + moved.length);
        const target = new Uint8Array(count + 5);
        collected.moveTo(target, 3, count);
        assert.deepEqual(
          [...target.subarray(0, 3), ...target.subarray(count + 3)],
          [0, 0, 0, 0, 0],
        );
        moved.push(...target.subarray(3, count + 3));
      }
      assert.deepEqual(moved, expected);
    }),
  );
});
