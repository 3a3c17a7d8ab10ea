import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startFixture, until } from './core-fixture.ts';

/** From the request of a session to its Accept, in milliseconds. */
async function setUpTime(settings: Parameters<typeof startFixture>[0]): Promise<number> {
  const fixture = await startFixture(settings);
  try {
    const ue = fixture.ue();
    await ue.register('3gpp');
    const started = performance.now();
    await ue.establishSession(5, '3gpp');
    return performance.now() - started;
  } finally {
    await fixture.stop();
  }
}

test('latencies add up to the round trips that a session takes', async () => {
  const n1 = await setUpTime({ n1LatencyMs: 40 });
  assert.ok(n1 >= 80, `request and Accept travel: ${n1} ms`);
  const n4 = await setUpTime({ n4LatencyMs: 40 });
  assert.ok(n4 >= 80, `one N4 round trip: ${n4} ms`);
  const sbi = await setUpTime({ sbiLatencyMs: 20 });
  assert.ok(sbi >= 120, `subscription, key, message transfer: ${sbi} ms`);
});

test('solution #3: with a slow N4 the UE has its key before the UPF has', async () => {
  const fixture = await startFixture({ solution: '3', n4LatencyMs: 60 });
  try {
    const ue = fixture.ue();
    await ue.register('3gpp');
    const session = await ue.establishSession(5, '3gpp');
    await ue.derivePsk(session);
    assert.equal(fixture.upf.psks.length, 0, 'step 10a came before step 13');
    await until(() => fixture.upf.psks.length === 1);
  } finally {
    await fixture.stop();
  }
});
