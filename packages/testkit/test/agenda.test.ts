import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Agenda } from '../src/index.ts';

test('items come out by time, and in the order of adding at the same time', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20)), (times) => {
      const agenda = new Agenda<[number, number]>();
      times.forEach((time, order) => {
        agenda.add(time, [time, order]);
      });
      const out: [number, number][] = [];
      for (let item = agenda.take(); item !== undefined; item = agenda.take()) out.push(item);
      const wanted = times
        .map((time, order): [number, number] => [time, order])
        .sort((a, b) => a[0] - b[0] || a[1] - b[1]);
      assert.deepEqual(out, wanted);
      assert.equal(agenda.next, Number.POSITIVE_INFINITY);
    }),
  );
});
