import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DownloadInRuns, FAULTS, octetsOf, type Script } from './download-in-runs.ts';

const script: fc.Arbitrary<Script> = fc.record({
  seed: fc.nat(1_000),
  writes: fc.array(
    fc.record({
      stream: fc.nat(2),
      octets: fc.integer({ min: 1, max: 25_000 }),
      fin: fc.integer({ min: 0, max: 19 }).map((n) => n === 0),
      datagrams: fc.integer({ min: -20, max: 30 }).map((n) => Math.max(0, n)),
    }),
    { minLength: 5, maxLength: 15 },
  ),
  faults: fc.array(fc.tuple(fc.constantFrom(...FAULTS), fc.nat(20)), {
    minLength: 1,
    maxLength: 12,
  }),
  reads: fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }),
});

/** Plays it twice, compares what can be seen of it, and returns how many packets were taken together. */
function check(played: Script): number {
  const [runs, single] = [new DownloadInRuns(played, true), new DownloadInRuns(played, false)];
  for (const download of [runs, single]) download.play();
  assert.deepEqual(runs.trace, single.trace);
  assert.equal(single.taken, 0);
  assert.deepEqual(runs.received, single.received);
  return runs.taken;
}

test('packets of a run are received as if one by one: events, state and octets', () => {
  fc.assert(
    fc.property(script, (played) => void check(played)),
    { numRuns: 25 },
  );
});

for (const kind of FAULTS) {
  test(`most packets of runs are taken together, with the fault "${kind}" among them`, () => {
    const writes = Array.from({ length: 12 }, (_, i) => ({
      stream: i % 2,
      octets: 25_000,
      fin: false,
    }));
    const taken = check({
      seed: 5,
      writes,
      faults: [
        [kind, 3],
        ['none', 0],
      ],
      reads: [true],
    });
    assert.ok(taken > 100, `${taken} of about 250 packets`);
  });
}

test('octets come out as they were written', () => {
  const writes = [{ stream: 0, octets: 50_000, fin: true }];
  const download = new DownloadInRuns(
    { seed: 1, writes, faults: [['none', 0]], reads: [true] },
    true,
  );
  download.play();
  const [octets] = download.received.values();
  assert.deepEqual(octets, octetsOf(0, 0, 50_000));
});

test('packets of datagrams alone are taken together too', () => {
  const writes = Array.from({ length: 8 }, () => ({
    stream: 0,
    octets: 10,
    fin: false,
    datagrams: 30,
  }));
  const taken = check({ seed: 6, writes, faults: [['none', 0]], reads: [true] });
  assert.ok(taken > 150, `${taken} of about 240 packets`);
});
