import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DeadlineHeap, type HeapEntry } from '../src/deadline-heap.ts';

interface Entry extends HeapEntry {
  readonly name: number;
}

const operation = fc.record(
  {
    kind: fc.constantFrom('schedule', 'remove', 'pop'),
    name: fc.integer({ min: 0, max: 20 }),
    deadline: fc.integer({ min: 0, max: 1000 }),
  },
  { noNullPrototype: true },
);

test('entries come out by deadline, whatever was moved or removed', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 200 }), (operations) => {
      const heap = new DeadlineHeap<Entry>();
      const entries = Array.from({ length: 21 }, (_, name) => ({
        name,
        armedAt: 0,
        heapIndex: -1,
      }));
      const expected = new Map<number, number>();
      for (const { kind, name, deadline } of operations) {
        const entry = entries[name] as Entry;
        if (kind === 'schedule') {
          heap.schedule(entry, deadline);
          expected.set(name, deadline);
        } else if (kind === 'remove') {
          heap.remove(entry);
          expected.delete(name);
        } else {
          const first = heap.peek();
          assert.equal(first?.armedAt, expected.size ? Math.min(...expected.values()) : undefined);
          if (first === undefined) continue;
          assert.equal(expected.get(first.name), first.armedAt);
          heap.remove(first);
          expected.delete(first.name);
        }
        assert.equal(heap.size, expected.size);
      }
    }),
  );
});
