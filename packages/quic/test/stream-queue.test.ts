import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { StreamQueue } from '../src/streams/stream-queue.ts';

const items = Array.from({ length: 10 }, (_, id) => ({ id }));

test('property: a queue gives each item once, in the order of an array', () => {
  const step = fc.record({
    type: fc.constantFrom('push', 'shift', 'rotate', 'remove'),
    id: fc.nat(items.length - 1),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const queue = new StreamQueue<{ readonly id: number }>();
      let model: number[] = [];
      for (const { type, id } of steps) {
        const item = items[id] as { readonly id: number };
        if (type === 'push') {
          queue.push(item);
          if (!model.includes(id)) model.push(id);
        } else if (type === 'remove') {
          queue.remove(item);
          model = model.filter((other) => other !== id);
        } else if (type === 'rotate') {
          queue.rotate();
          model = [...model.slice(1), ...model.slice(0, 1)];
        } else {
          assert.equal(queue.shift()?.id, model.shift());
        }
        assert.equal(queue.length, model.length);
        assert.equal(queue.peek()?.id, model[0]);
        assert.equal(queue.has(item), model.includes(id));
      }
    }),
  );
});
