import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ue } from '@mpquic/ue-agent';
import { toHex } from '@mpquic/wire';
import { type Fixture, SUBSCRIBER, startFixture, until } from './core-fixture.ts';

const SUPI = `imsi-${SUBSCRIBER.supi}`;

async function withUe(
  settings: Parameters<typeof startFixture>[0],
  run: (fixture: Fixture, ue: Ue) => Promise<void>,
): Promise<void> {
  const fixture = await startFixture(settings);
  try {
    const ue = fixture.ue();
    await ue.register('3gpp');
    await run(fixture, ue);
  } finally {
    await fixture.stop();
  }
}

/** Makes the AMF do something, as an operator does. */
async function control(
  { core }: Fixture,
  operation: string,
  body: object = {},
): Promise<Record<string, unknown>> {
  const path = `/x-testbed-namf-control/v1/ue-contexts/${SUPI}/${operation}`;
  const response = await core.sbi.call('amf', { method: 'POST', path, body });
  return response.body as Record<string, unknown>;
}

/** Every value that `holder` derived under this name, in order. */
function derived({ events }: Fixture, holder: string, name: string): string[] {
  return events.events.flatMap((event) =>
    event.type === 'key' && event.holder === holder && event.name === name
      ? [toHex(event.value)]
      : [],
  );
}

test('CM-IDLE and Service Request: the registration stays, K_gNB is new on both sides', async () => {
  await withUe({}, async (fixture, ue) => {
    ue.goIdle('3gpp');
    await ue.requestService('3gpp');
    assert.equal(ue.connected('3gpp'), true);
    const network = derived(fixture, 'amf', 'K_gNB');
    assert.equal(network.length, 2);
    assert.notEqual(network[0], network[1]);
    assert.deepEqual(network, derived(fixture, 'ue', 'K_gNB'));
  });
});

test('solution #1: the transition to CM-CONNECTED gives UE and UPF a new PSK', async () => {
  for (const variant of ['k-gnb', 'k-amf']) {
    await withUe({ solution: '1', variant }, async (fixture, ue) => {
      const session = await ue.establishSession(5, '3gpp');
      const before = toHex((await ue.derivePsk(session)).key);
      ue.goIdle('3gpp');
      await ue.requestService('3gpp');
      const after = toHex(session.psk?.key ?? new Uint8Array());
      assert.notEqual(after, before);
      assert.deepEqual(
        fixture.upf.psks.map(({ psk, operation }) => [psk, operation]),
        [
          [before, 'add'],
          [after, 'replace'],
        ],
      );
    });
  }
});

test('solution #4: the transition to CM-CONNECTED changes no PSK', async () => {
  await withUe({}, async (fixture, ue) => {
    const session = await ue.establishSession(5, '3gpp');
    await ue.derivePsk(session);
    ue.goIdle('3gpp');
    await ue.requestService('3gpp');
    assert.equal(fixture.upf.psks.length, 1);
  });
});

test('a Service Request of an unknown UE is refused, and the UE registers from the start', async () => {
  await withUe({}, async (fixture, ue) => {
    await control(fixture, 'deregister');
    await until(() => !ue.registered('3gpp'));
    await assert.rejects(ue.requestService('3gpp'), /not registered/);
    await ue.register('3gpp');
    assert.equal(fixture.core.counts().ues, 1);
  });
});

test('deregistration over one access keeps the other, and the session on it', async () => {
  await withUe({}, async (fixture, ue) => {
    await ue.register('non-3gpp');
    await ue.establishSession(5, '3gpp');
    await ue.deregister('3gpp');
    assert.deepEqual(fixture.core.counts(), { ues: 1, sessions: 1 });
    await ue.deregister('non-3gpp');
    await until(() => fixture.core.counts().ues === 0);
    await until(() => fixture.upf.sessions.size === 0);
    assert.deepEqual(fixture.core.counts(), { ues: 0, sessions: 0 });
  });
});

test('deregistration over both accesses at once releases everything', async () => {
  await withUe({}, async (fixture, ue) => {
    await ue.register('non-3gpp');
    await ue.establishSession(5, '3gpp');
    await ue.deregister('3gpp', true);
    await until(() => fixture.core.counts().ues === 0 && fixture.upf.sessions.size === 0);
  });
});

test('re-authentication takes a new K_AMF into use on both accesses', async () => {
  await withUe({}, async (fixture, ue) => {
    await ue.register('non-3gpp');
    assert.deepEqual(await control(fixture, 'reauthenticate'), { done: true });
    const keys = derived(fixture, 'amf', 'K_AMF');
    assert.equal(keys.length, 2);
    assert.notEqual(keys[0], keys[1]);
    assert.deepEqual(derived(fixture, 'ue', 'K_AMF'), keys);
    // Both connections work under the new context.
    await ue.establishSession(1, '3gpp');
    await ue.establishSession(2, 'non-3gpp');
    assert.equal(fixture.core.counts().sessions, 2);
  });
});

for (const [policy, psks, operation] of [
  ['keep', 1, 'add'],
  ['rekey', 2, 'replace'],
  ['delete', 2, 'delete'],
] as const) {
  test(`when K_AMF changes, policy ${policy} is carried out at the UPF`, async () => {
    await withUe({ onKAmfChange: policy }, async (fixture, ue) => {
      const session = await ue.establishSession(5, '3gpp');
      const before = await ue.derivePsk(session);
      const kid = toHex(before.kid);
      await control(fixture, 'reauthenticate');
      assert.equal(fixture.upf.psks.length, psks);
      assert.equal(fixture.upf.psks.at(-1)?.operation, operation);
      if (policy === 'rekey') {
        await until(() => session.psk !== before);
        assert.equal(fixture.upf.psks[1]?.psk, toHex(session.psk?.key ?? new Uint8Array()));
        // The KID of solution #4 names UE and session, not the key.
        assert.equal(fixture.upf.psks[1]?.kid, kid);
      }
    });
  });
}

test("a mobility registration update takes K_AMF' into use, with COUNTs from 0", async () => {
  await withUe({ horizontalKAmf: true, onKAmfChange: 'rekey' }, async (fixture, ue) => {
    const session = await ue.establishSession(5, '3gpp');
    const before = toHex((await ue.derivePsk(session)).key);
    ue.goIdle('3gpp');
    await ue.updateRegistration('3gpp');
    const primes = derived(fixture, 'amf', "K_AMF'");
    assert.equal(primes.length, 1);
    assert.deepEqual(derived(fixture, 'ue', "K_AMF'"), primes);
    assert.equal(derived(fixture, 'amf', 'K_gNB').at(-1), derived(fixture, 'ue', 'K_gNB').at(-1));
    await until(() => fixture.upf.psks.length === 2);
    assert.notEqual(fixture.upf.psks[1]?.psk, before);
    await ue.establishSession(6, '3gpp');
  });
});

test('after an Xn handover the AMF does not know the key of the new gNB', async () => {
  const cell = { physicalCellId: 7, downlinkFrequency: 632_628 };
  for (const [variant, same] of [
    ['k-gnb', false],
    ['k-amf', true],
  ] as const) {
    await withUe({ solution: '1', variant }, async (fixture, ue) => {
      assert.deepEqual(await control(fixture, 'hand-over', cell), { done: true });
      ue.handOver({ ...cell, radio: 'gNB' });
      assert.deepEqual(derived(fixture, 'gnb', 'K_NG-RAN*'), derived(fixture, 'ue', 'K_NG-RAN*'));
      assert.equal(derived(fixture, 'amf', 'K_NG-RAN*').length, 0);
      assert.equal(derived(fixture, 'amf', 'NH').length, 1);
      const session = await ue.establishSession(5, '3gpp');
      const psk = toHex((await ue.derivePsk(session)).key);
      assert.equal(fixture.upf.psks[0]?.psk === psk, same);
    });
  }
});

test('control of a UE that is not there is answered as such', async () => {
  await withUe({}, async (fixture) => {
    const path = '/x-testbed-namf-control/v1/ue-contexts/imsi-999999999999999/reauthenticate';
    await assert.rejects(
      fixture.core.sbi.call('amf', { method: 'POST', path, body: {} }),
      (error: { status?: number }) => error.status === 404,
    );
  });
});

test('a UE that stays away is forgotten, with its sessions and PSKs', async () => {
  await withUe({ implicitDeregistrationMs: 60 }, async (fixture, ue) => {
    await ue.establishSession(5, '3gpp');
    ue.goIdle('3gpp');
    await ue.requestService('3gpp');
    await new Promise((resolve) => setTimeout(resolve, 120));
    assert.equal(fixture.core.counts().sessions, 1, 'a UE that came back stays');
    ue.goIdle('3gpp');
    await until(() => fixture.core.counts().ues === 0);
    await until(() => fixture.upf.sessions.size === 0);
    await assert.rejects(ue.requestService('3gpp'), /SERVICE REJECT: ueIdentityCannotBeDerived/);
  });
});
