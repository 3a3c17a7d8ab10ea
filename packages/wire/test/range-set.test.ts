import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RangeSet } from '../src/index.ts';

const operation = fc.record({
  add: fc.boolean(),
  first: fc.nat(60),
  length: fc.nat(12),
});

test('a range set holds what a plain set holds, in disjoint ranges that do not touch', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
      const ranges = new RangeSet();
      const model = new Set<number>();
      for (const { add, first, length } of operations) {
        const last = first + length;
        if (add) ranges.add(first, last);
        else ranges.remove(first, last);
        for (let value = first; value <= last; value++) {
          if (add) model.add(value);
          else model.delete(value);
        }
      }
      for (let value = 0; value < 80; value++) assert.equal(ranges.has(value), model.has(value));
      for (let i = 1; i < ranges.size; i++) assert.ok(ranges.start(i) > ranges.last(i - 1) + 1);
      assert.equal(ranges.lowest, model.size === 0 ? undefined : Math.min(...model));
      assert.equal(ranges.highest, model.size === 0 ? undefined : Math.max(...model));
      for (let i = 0; i < ranges.size; i++)
        assert.ok(ranges.covers(ranges.start(i), ranges.last(i)));
    }),
  );
});
