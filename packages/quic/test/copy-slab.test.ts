import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CopySlab } from '../src/copy-slab.ts';

test('copies stay as they were, however many are made', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 6_000 }), fc.nat(50)), { maxLength: 40 }),
      (wishes) => {
        const slab = new CopySlab();
        const made = wishes.map(([length, start], i) => {
          const source = new Uint8Array(start + length + 3).fill(i + 1);
          const copy = slab.copy(source, start, start + length);
          source.fill(0);
          return { copy, length, octet: i + 1 };
        });
        for (const { copy, length, octet } of made) {
          assert.equal(copy.length, length);
          assert.ok(copy.every((value) => value === octet));
        }
      },
    ),
  );
});

test('short copies share memory, long ones do not', () => {
  const slab = new CopySlab();
  assert.equal(slab.copy(new Uint8Array(100)).buffer, slab.copy(new Uint8Array(1_300)).buffer);
  assert.equal(slab.copy(new Uint8Array(9_000)).buffer.byteLength, 9_000);
});
