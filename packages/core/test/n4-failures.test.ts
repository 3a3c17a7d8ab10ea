import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MaPduSession, Ue } from '@mpquic/ue-agent';
import { type Fixture, startFixture, until } from './core-fixture.ts';

async function withSession(
  settings: Parameters<typeof startFixture>[0],
  run: (fixture: Fixture, ue: Ue, session: MaPduSession) => Promise<void>,
): Promise<void> {
  const fixture = await startFixture(settings);
  try {
    const ue = fixture.ue();
    await ue.register('3gpp');
    const session = await ue.establishSession(5, '3gpp');
    await ue.derivePsk(session);
    await run(fixture, ue, session);
  } finally {
    await fixture.stop();
  }
}

test('a UPF that restarted has lost its sessions: the UE is told, and sets up anew', async () => {
  await withSession({ heartbeatMs: 50 }, async ({ core, upf }, ue, session) => {
    upf.restart();
    await until(() => session.psk === undefined);
    await until(() => core.counts().sessions === 0);
    await until(() => core.ready());
    await ue.derivePsk(await ue.establishSession(5, '3gpp'));
    assert.equal(upf.sessions.size, 1);
  });
});

test('a UPF that answers no heartbeat loses its sessions', async () => {
  await withSession({ heartbeatMs: 50, pfcpT1Ms: 10, pfcpN1: 2 }, async (fixture, _, session) => {
    fixture.upf.script.silentTo = 'heartbeatRequest';
    await until(() => session.psk === undefined);
    assert.equal(fixture.core.ready(), false);
    delete fixture.upf.script.silentTo;
    await until(() => fixture.core.ready());
  });
});

test('a UPF that releases the association ends its sessions', async () => {
  await withSession({}, async ({ core, upf }, _, session) => {
    upf.releaseAssociation();
    await until(() => session.psk === undefined);
    await until(() => core.counts().sessions === 0);
  });
});

test('a lost request is sent again, and executed once', async () => {
  const fixture = await startFixture({ pfcpT1Ms: 20 });
  try {
    const ue = fixture.ue();
    await ue.register('3gpp');
    fixture.upf.script.loseNext = 2;
    await ue.derivePsk(await ue.establishSession(5, '3gpp'));
    assert.equal(fixture.upf.sessions.size, 1);
    assert.equal(fixture.upf.psks.length, 1);
  } finally {
    await fixture.stop();
  }
});

test('any datagrams on N4 leave the SMF serving', async () => {
  await withSession({}, async (fixture, ue) => {
    await fixture.upf.sendNoise(fixture.core.n4 ?? { host: '', port: 0 }, 300);
    await ue.derivePsk(await ue.establishSession(6, '3gpp'));
    assert.equal(fixture.core.counts().sessions, 2);
  });
});

test('a report of another UPF about a session counts nothing', async () => {
  const fixture = await startFixture({ solution: '6' }, 2);
  try {
    const ue = fixture.ue();
    await ue.register('3gpp');
    await ue.establishSession(5, '3gpp');
    const [first, second] = fixture.upfs;
    const cpSeid = [...(first?.sessions.values() ?? [])][0] as bigint;
    await until(() => second?.ready === true);
    second?.reportFor(cpSeid);
    await until(() => second?.reportCauses.length === 1);
    assert.deepEqual(second?.reportCauses, [65]);
    assert.equal(first?.psks.length, 0);
  } finally {
    await fixture.stop();
  }
});
