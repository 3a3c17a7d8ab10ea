/** Experiments as a person runs them; `npm run experiments` runs all of D1 to D26. */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import test from 'node:test';
import { CommandFailure } from '../src/cli/failure.ts';
import { experiments, findExperiments } from '../src/experiments/all-experiments.ts';
import { recordPskKe } from '../src/experiments/psk-ke-recording.ts';
import { runExperiments } from '../src/experiments/run-experiments.ts';
import { searchSupi } from '../src/experiments/supi-search.ts';

/** Cheap ones, of each kind; what each mitigation came to. */
const EXPECTED: readonly (readonly [id: string, mitigated: boolean | null])[] = [
  ['D1', true],
  ['D2', true],
  ['D4', true],
  ['D12', true],
  ['D17', true],
  ['D18', true],
  ['D19', null],
  ['D20', true],
  ['D23', true],
];

test('there are D1 to D26, each with a reason and a mitigation', () => {
  const ids = experiments.map(({ id }) => id);
  assert.deepEqual(
    ids,
    Array.from({ length: 26 }, (_, i) => `D${i + 1}`),
  );
  for (const { why, mitigation, solutions } of experiments) {
    assert.ok(why.length > 0 && mitigation.length > 0 && solutions.length > 0);
  }
});

test('experiments are found by ID in any case; others are wrong usage', () => {
  assert.deepEqual(
    findExperiments(['d3', 'D1']).map(({ id }) => id),
    ['D3', 'D1'],
  );
  assert.equal(findExperiments(['all']).length, 26);
  assert.throws(
    () => findExperiments(['D27']),
    (error) => error instanceof CommandFailure && error.status === 2,
  );
});

for (const [id, mitigated] of EXPECTED) {
  test(`${id} is confirmed, and its mitigation holds`, async () => {
    for (const run of await runExperiments(findExperiments([id]))) {
      assert.equal(run.verdict, 'confirmed', JSON.stringify(run.evidence));
      assert.equal(run.mitigated, mitigated, JSON.stringify(run.evidence));
      assert.ok(run.evidence.length > 0);
    }
  });
}

test('the networks of an experiment can be followed', async () => {
  const seen: string[] = [];
  await runExperiments(findExperiments(['D23']), {
    watcher: {
      captures: false,
      onStage: ({ options: { pskMode }, events }) => {
        const accepts = events.filter(
          (event) =>
            event.type === 'message' && /ESTABLISHMENT ACCEPT/.test(event.name + event.detail),
        );
        seen.push(`${pskMode}: ${accepts.length > 0}`);
      },
    },
  });
  assert.deepEqual(seen, ['raw: true', 'imported: true']);
});

test('D26 with one solution: reading along fails, the man in the middle succeeds', async () => {
  const [run, ...others] = await runExperiments(findExperiments(['D26']), { solution: '4' });
  assert.equal(others.length, 0);
  assert.equal(run?.verdict, 'confirmed', JSON.stringify(run?.evidence));
});

test('a recording of psk_ke opens with the PSK', async () => {
  const { sent, recovered } = await recordPskKe();
  assert.ok(sent.length > 0);
  assert.equal(recovered, sent);
});

test('a SUPI is found in its window, and not outside it', () => {
  const digest = Buffer.from(hash('sha256', '001010123456789', 'hex'), 'hex');
  assert.equal(searchSupi(digest, '00101012345').supi, '001010123456789');
  const missed = searchSupi(digest, '00101012344');
  assert.equal(missed.supi, undefined);
  assert.equal(missed.tried, 10_000);
});
