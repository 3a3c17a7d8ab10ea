import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alternate } from '../src/bench/effort.ts';
import { median, summarize, unavailable } from '../src/bench/result.ts';

const spec = {
  name: 'some-bench',
  title: 'Some bench',
  unit: 'Gbit/s',
  goal: { of: 'ratio', atLeast: 0.6 },
} as const;

const measurements = (values: readonly number[]) => values.map((value) => ({ value }));

test('the median of an odd and of an even number of values', () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.ok(Number.isNaN(median([])));
});

test('a ratio is median to median, and decides whether the goal is met', () => {
  const reference = { name: 'reference', measurements: measurements([4, 5, 100]) };
  const met = summarize(spec, measurements([3, 1, 20]), reference);
  assert.deepEqual(
    { ...met, details: undefined },
    {
      name: 'some-bench',
      unit: 'Gbit/s',
      runs: 3,
      median: 3,
      min: 1,
      max: 20,
      reference: { name: 'reference', median: 5 },
      ratio: 0.6,
      goal: spec.goal,
      goalMet: true,
      details: undefined,
      unavailable: null,
    },
  );
  assert.equal(summarize(spec, measurements([2.9]), reference).goalMet, false);
  const atMost = { ...spec, goal: { of: 'median', atMost: 64 } } as const;
  assert.equal(summarize(atMost, measurements([64])).goalMet, true);
  assert.equal(summarize(atMost, measurements([64.1])).goalMet, false);
});

test('details are medians, those of the reference named so', () => {
  const ours = [1, 9, 2].map((cpu) => ({ value: 1, details: { cpu } }));
  const theirs = [{ value: 1, details: { cpu: 7 } }];
  const { details } = summarize(spec, ours, { name: 'reference', measurements: theirs });
  assert.deepEqual(details, { cpu: 2, 'reference: cpu': 7 });
});

test('what cannot be measured has a reason and no figures', () => {
  const result = unavailable(spec, 'not on this machine');
  assert.equal(result.median, null);
  assert.equal(result.ratio, null);
  assert.equal(result.goalMet, null);
  assert.equal(result.unavailable, 'not on this machine');
});

test('measurements are taken in turns', async () => {
  const order: string[] = [];
  const measure = (name: string) => async () => {
    order.push(name);
    return order.length;
  };
  const values = await alternate(2, { ours: measure('ours'), theirs: measure('theirs') });
  assert.deepEqual(order, ['ours', 'theirs', 'ours', 'theirs']);
  assert.deepEqual(values, { ours: [1, 3], theirs: [2, 4] });
});
