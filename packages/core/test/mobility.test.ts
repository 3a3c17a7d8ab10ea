import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ue } from '@mpquic/ue-agent';
import { fromHex, toHex } from '@mpquic/wire';
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

test('re-authentication renews K_gNB and K_N3IWF as well, on both sides', async () => {
  await withUe({}, async (fixture, ue) => {
    await ue.register('non-3gpp');
    await control(fixture, 'reauthenticate');
    for (const [name, node] of [
      ['K_gNB', 'gnb'],
      ['K_N3IWF', 'n3iwf'],
    ] as const) {
      const keys = derived(fixture, 'amf', name);
      assert.equal(new Set(keys).size, 2, name);
      assert.deepEqual(derived(fixture, 'ue', name), keys);
      const received = fixture.events.events.flatMap((event) =>
        event.type === 'key_received' && event.holder === node ? [toHex(event.value)] : [],
      );
      assert.deepEqual(received, keys);
    }
  });
});

test('a key renewed twice by the network is the same on both sides each time', async () => {
  for (const [solution, variant] of [
    ['1', 'k-gnb'],
    ['4', 'stored-count'],
    ['5', 'fresh'],
  ] as const) {
    await withUe({ solution, variant, onKAmfChange: 'rekey' }, async (fixture, ue) => {
      const session = await ue.establishSession(5, '3gpp');
      await ue.derivePsk(session);
      for (const generation of [2, 3]) {
        await control(fixture, 'reauthenticate');
        await until(() => session.psk?.generation === generation);
        assert.equal(fixture.upf.psks.at(-1)?.psk, toHex(session.psk?.key ?? new Uint8Array()));
      }
      assert.equal(new Set(fixture.upf.psks.map(({ psk }) => psk)).size, 3);
    });
  }
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
      const answer = await control(fixture, 'hand-over', cell);
      assert.deepEqual(answer, { done: true, chainingCounter: 0 });
      ue.handOver({ ...cell, radio: 'gNB' });
      assert.deepEqual(derived(fixture, 'gnb', 'K_NG-RAN*'), derived(fixture, 'ue', 'K_NG-RAN*'));
      assert.equal(derived(fixture, 'amf', 'K_NG-RAN*').length, 0);
      assert.equal(derived(fixture, 'amf', 'NH').length, 2, 'NCC 1 stays at the AMF, 2 goes out');
      const session = await ue.establishSession(5, '3gpp');
      const psk = toHex((await ue.derivePsk(session)).key);
      assert.equal(fixture.upf.psks[0]?.psk === psk, same);
    });
  }
});

test('from the second Xn handover on, gNB and UE take the NH that the AMF gave', async () => {
  await withUe({}, async (fixture, ue) => {
    for (const expected of [0, 2, 3]) {
      const cell = { physicalCellId: 10 + expected, downlinkFrequency: 632_628 };
      const { chainingCounter } = await control(fixture, 'hand-over', cell);
      assert.equal(chainingCounter, expected);
      ue.handOver({ ...cell, radio: 'gNB' }, { chainingCounter: expected });
    }
    const keys = derived(fixture, 'gnb', 'K_NG-RAN*');
    assert.equal(new Set(keys).size, 3);
    assert.deepEqual(derived(fixture, 'ue', 'K_NG-RAN*'), keys);
    assert.deepEqual(derived(fixture, 'ue', 'NH'), derived(fixture, 'amf', 'NH').slice(0, 3));
  });
});

const N2_CELL = { physicalCellId: 8, downlinkFrequency: 632_628 };

test("a handover over N2 takes K_AMF' from the downlink COUNT into use, on both accesses", async () => {
  await withUe({ onKAmfChange: 'rekey' }, async (fixture, ue) => {
    await ue.register('non-3gpp');
    const session = await ue.establishSession(5, '3gpp');
    const before = toHex((await ue.derivePsk(session)).key);
    const { nasContainer } = await control(fixture, 'hand-over-n2', N2_CELL);
    assert.ok(typeof nasContainer === 'string');
    ue.handOver({ ...N2_CELL, radio: 'gNB' }, { nasContainer: fromHex(nasContainer) });
    await control(fixture, 'hand-over-notify');
    const primes = derived(fixture, 'amf', "K_AMF'");
    assert.equal(primes.length, 1);
    assert.deepEqual(derived(fixture, 'ue', "K_AMF'"), primes);
    const [step] = fixture.events.events.filter(
      (event) => event.type === 'key' && event.name === "K_AMF'",
    );
    // DIRECTION 01, then the COUNT that the last octet of the container names. TS 33.501 A.13
    const s = step?.type === 'key' ? toHex(step.s ?? new Uint8Array()) : '';
    assert.match(s, new RegExp(`^72010001000000${nasContainer.slice(-2)}0004$`));
    assert.deepEqual(derived(fixture, 'ue', 'K_NG-RAN*'), derived(fixture, 'gnb', 'K_NG-RAN*'));
    assert.deepEqual(derived(fixture, 'ue', 'K_gNB'), derived(fixture, 'amf', 'K_gNB'));
    assert.equal(derived(fixture, 'amf', 'K_N3IWF').length, 2, 'the other access has followed');
    assert.deepEqual(derived(fixture, 'ue', 'K_N3IWF'), derived(fixture, 'amf', 'K_N3IWF'));
    await until(() => fixture.upf.psks.length === 2 && session.psk?.generation === 2);
    assert.notEqual(fixture.upf.psks[1]?.psk, before);
    assert.equal(fixture.upf.psks[1]?.psk, toHex(session.psk?.key ?? new Uint8Array()));
    await ue.establishSession(6, 'non-3gpp');
  });
});

test('a handover command that was tampered with changes nothing at the UE', async () => {
  await withUe({}, async (fixture, ue) => {
    const { nasContainer } = await control(fixture, 'hand-over-n2', N2_CELL);
    const genuine = fromHex(String(nasContainer));
    const cell = { ...N2_CELL, radio: 'gNB' } as const;
    for (const broken of [
      genuine.map((octet, i) => (i === 6 ? octet ^ 1 : octet)),
      genuine.map((octet, i) => (i === 0 ? octet ^ 1 : octet)),
      genuine.map((octet, i) => (i === 4 ? 0x11 : octet)),
      genuine.subarray(1),
    ]) {
      assert.throws(() => ue.handOver(cell, { nasContainer: broken }), /not of the network/);
    }
    ue.handOver(cell, { nasContainer: genuine });
    await control(fixture, 'hand-over-notify');
    await ue.establishSession(5, '3gpp');
  });
});

test("K_AMF' of a mobility registration update reaches the other access too", async () => {
  await withUe({ horizontalKAmf: true }, async (fixture, ue) => {
    await ue.register('non-3gpp');
    ue.goIdle('3gpp');
    await ue.updateRegistration('3gpp');
    const sides = ['ue', 'amf'] as const;
    await until(() => sides.every((side) => derived(fixture, side, 'K_N3IWF').length === 2));
    assert.deepEqual(derived(fixture, 'ue', 'K_N3IWF'), derived(fixture, 'amf', 'K_N3IWF'));
    assert.equal(ue.connected('non-3gpp'), true);
    await ue.establishSession(6, 'non-3gpp');
  });
});

test('COUNTs that come near their end make the AMF agree on a new K_AMF, and PSKs follow', async () => {
  const settings = { renewKAmfAtCount: 16, onKAmfChange: 'rekey' };
  await withUe(settings, async (fixture, ue) => {
    const session = await ue.establishSession(5, '3gpp');
    await ue.derivePsk(session);
    for (let id = 1; derived(fixture, 'ue', 'K_AMF').length < 2 && id < 16; id++) {
      await ue.releaseSession(await ue.establishSession(6, '3gpp'));
    }
    await until(() => session.psk?.generation === 2);
    assert.deepEqual(derived(fixture, 'ue', 'K_AMF'), derived(fixture, 'amf', 'K_AMF'));
    const key = toHex(session.psk?.key ?? new Uint8Array());
    const renewed = fixture.upf.psks.filter(({ operation }) => operation === 'replace');
    assert.ok(renewed.some(({ psk }) => psk === key));
    assert.equal(derived(fixture, 'amf', 'K_AMF').length, 2, 'once, and from 0 again');
  });
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
  await withUe({ implicitDeregistrationMs: 250 }, async (fixture, ue) => {
    await ue.establishSession(5, '3gpp');
    ue.goIdle('3gpp');
    await ue.requestService('3gpp');
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.equal(fixture.core.counts().sessions, 1, 'a UE that came back stays');
    ue.goIdle('3gpp');
    await until(() => fixture.core.counts().ues === 0);
    await until(() => fixture.upf.sessions.size === 0);
    await assert.rejects(ue.requestService('3gpp'), /SERVICE REJECT: ueIdentityCannotBeDerived/);
  });
});
