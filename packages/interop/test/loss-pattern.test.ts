import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lossPattern } from '../src/runner/local/loss-pattern.ts';

const draw = (seed: number, percent: number, count = 20_000): boolean[] => {
  const isLost = lossPattern(seed, percent);
  return Array.from({ length: count }, () => isLost());
};

test('a seed loses the same datagrams each time, another one others', () => {
  assert.deepEqual(draw(7, 2), draw(7, 2));
  assert.notDeepEqual(draw(7, 2), draw(8, 2));
});

test('so many of them are lost', () => {
  for (const seed of [0, 1, 2, 1_000]) {
    const share = draw(seed, 2).filter(Boolean).length / 20_000;
    assert.ok(share > 0.016 && share < 0.024, `${share} for seed ${seed}`);
  }
  assert.equal(draw(1, 0).includes(true), false);
});
