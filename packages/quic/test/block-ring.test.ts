import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BlockRing } from '../src/streams/block-ring.ts';

const step = fc.record({ ahead: fc.nat(40), removes: fc.boolean() });

test('property: a ring gives what was put there and not removed, wherever its window is', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 37), fc.array(step, { maxLength: 100 }), (first, steps) => {
      const ring = new BlockRing();
      const expected = new Map<number, Uint8Array>();
      for (const [i, { ahead, removes }] of steps.entries()) {
        const number = first + i + ahead;
        if (removes) {
          assert.equal(ring.remove(number), expected.get(number));
          expected.delete(number);
        } else if (!expected.has(number)) {
          const block = Uint8Array.of(i);
          expected.set(number, block);
          assert.equal(ring.put(number, block), block);
        }
        const numbers = [...expected.keys()];
        for (let n = first + i - 5; n < first + i + 50; n++) {
          assert.equal(ring.get(n), expected.get(n));
        }
        assert.equal(ring.end - ring.start === 0, numbers.length === 0);
        if (numbers.length === 0) continue;
        assert.deepEqual([ring.start, ring.end - 1], [Math.min(...numbers), Math.max(...numbers)]);
      }
    }),
  );
});
