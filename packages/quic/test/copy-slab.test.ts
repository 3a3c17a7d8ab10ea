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

test('a copy that was given back serves the next one of its length', () => {
  const slab = new CopySlab();
  const first = slab.copy(new Uint8Array(1_200).fill(1));
  const second = slab.copy(new Uint8Array(1_200).fill(2));
  slab.giveBack(first);
  assert.equal(slab.copy(new Uint8Array(1_200).fill(3)), first);
  assert.deepEqual([first[1_199], second[0]], [3, 2]);
  slab.giveBack(first);
  const shorter = slab.copy(new Uint8Array(100).fill(4));
  assert.notEqual(shorter, first);
  assert.equal(
    slab.copy(new Uint8Array(1_200)) === first,
    false,
    'let go for one of another length',
  );
});

test('what is no short copy, and what comes back beyond the limit, is let go', () => {
  const slab = new CopySlab();
  const long = slab.copy(new Uint8Array(9_000));
  for (const octets of [long, new Uint8Array(1_200), slab.copy(new Uint8Array())])
    slab.giveBack(octets);
  assert.notEqual(slab.copy(new Uint8Array(1_200)).buffer.byteLength, 1_200);
  const copies = Array.from({ length: 200 }, () => slab.copy(new Uint8Array(50)));
  for (const copy of copies) slab.giveBack(copy);
  const again = new Set(Array.from({ length: 200 }, () => slab.copy(new Uint8Array(50))));
  assert.equal(copies.filter((copy) => again.has(copy)).length, 128);
});
