import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '../src/index.ts';

test('the same seed gives the same octets, and forks do not disturb each other', () => {
  const a = new SeededRandom(5);
  const b = new SeededRandom(5);
  const fork = a.fork();
  b.fork();
  fork.fill(new Uint8Array(100));
  assert.deepEqual(a.fill(new Uint8Array(32)), b.fill(new Uint8Array(32)));
  assert.notDeepEqual(a.fill(new Uint8Array(32)), new SeededRandom(6).fill(new Uint8Array(32)));
});

test('numbers spread evenly', () => {
  const random = new SeededRandom(1);
  const counts = new Array<number>(10).fill(0);
  for (let i = 0; i < 100_000; i++) {
    const bucket = random.below(10);
    counts[bucket] = (counts[bucket] as number) + 1;
  }
  for (const count of counts) assert.ok(Math.abs(count - 10_000) < 500, `${counts.join(' ')}`);
  assert.equal(random.chance(0), false);
  assert.equal(random.chance(1), true);
  assert.equal(random.pick(['x']), 'x');
});
