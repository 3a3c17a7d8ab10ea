import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ue } from '@mpquic/ue-agent';
import { type Fixture, startFixture, until } from './core-fixture.ts';

/** A UE with a session, and the PSK that the UPF holds for it. */
async function withOriginal(
  settings: Parameters<typeof startFixture>[0],
  run: (fixture: Fixture, original: Ue) => Promise<void>,
): Promise<void> {
  const fixture = await startFixture(settings);
  try {
    const original = fixture.ue();
    await original.register('3gpp');
    await original.derivePsk(await original.establishSession(3, '3gpp'));
    await run(fixture, original);
  } finally {
    await fixture.stop();
  }
}

test('a clone with the key of the USIM takes over: sessions and PSKs of the first UE end', async () => {
  await withOriginal({}, async (fixture, original) => {
    const { core, upf } = fixture;
    const clone = fixture.ue();
    await clone.register('3gpp');
    assert.deepEqual(core.counts(), { ues: 1, sessions: 0 });
    assert.equal(upf.sessions.size, 0);
    await until(() => !original.connected('3gpp'));
    await clone.derivePsk(await clone.establishSession(3, '3gpp'));
    assert.equal(upf.sessions.size, 1);
  });
});

test('until the clone is authenticated, the first UE loses nothing', async () => {
  await withOriginal({}, async (fixture, original) => {
    const { core, upf } = fixture;
    const impostor = fixture.ue({ k: '00'.repeat(16) });
    await assert.rejects(impostor.register('3gpp'), /AUTHENTICATION REJECT/);
    await assert.rejects(impostor.register('non-3gpp'), /AUTHENTICATION REJECT/);
    assert.deepEqual(core.counts(), { ues: 1, sessions: 1 });
    assert.equal(upf.sessions.size, 1);
    await original.derivePsk(await original.establishSession(4, '3gpp'));
    assert.equal(core.counts().sessions, 2);
  });
});

test('a clone on the other access: the first UE cannot follow the new K_AMF, and is deregistered', async () => {
  await withOriginal({}, async (fixture, original) => {
    const { core, upf } = fixture;
    const clone = fixture.ue();
    await clone.register('non-3gpp');
    await until(() => !original.connected('3gpp'));
    await until(() => upf.sessions.size === 0);
    assert.deepEqual(core.counts(), { ues: 1, sessions: 0 });
    await clone.derivePsk(await clone.establishSession(3, 'non-3gpp'));
    assert.equal(upf.psks.length, 2);
    // It is refused with its old context, learns that it is not known, and may register anew.
    await assert.rejects(original.requestService('3gpp'), /ueIdentityCannotBeDerived/);
    assert.equal(original.registered('3gpp'), false);
  });
});
