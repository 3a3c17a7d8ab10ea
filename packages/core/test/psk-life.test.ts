import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MaPduSession, Ue } from '@mpquic/ue-agent';
import { toHex } from '@mpquic/wire';
import { type Fixture, SUBSCRIBER, startFixture, until } from './core-fixture.ts';
import { RawUe } from './raw-ue.ts';

async function withSession(
  settings: Parameters<typeof startFixture>[0],
  run: (fixture: Fixture, ue: Ue, session: MaPduSession) => Promise<void>,
  upfCount = 1,
): Promise<void> {
  const fixture = await startFixture(settings, upfCount);
  try {
    const ue = fixture.ue();
    await ue.register('3gpp');
    const session = await ue.establishSession(5, '3gpp');
    if (settings?.solution === '6') {
      for (const seid of fixture.upf.sessions.keys()) fixture.upf.requestPsk(seid);
    }
    await ue.derivePsk(session);
    await until(() => fixture.upfs.some(({ psks }) => psks.length === 1));
    await run(fixture, ue, session);
  } finally {
    await fixture.stop();
  }
}

async function control({ core }: Fixture, operation: string): Promise<unknown> {
  const path = `/x-testbed-nsmf-control/v1/sessions/imsi-${SUBSCRIBER.supi}/5/${operation}`;
  return (await core.sbi.call('smf', { method: 'POST', path, body: {} })).body;
}

function keyOf({ psk }: MaPduSession): string {
  return toHex(psk?.key ?? new Uint8Array());
}

for (const variant of ['push-key', 'push-rand']) {
  test(`solution #6 ${variant}: the UE asks for a new key`, async () => {
    await withSession({ solution: '6', variant }, async ({ upf }, ue, session) => {
      const before = keyOf(session);
      await ue.renewPsk(session);
      await until(() => upf.psks.length === 2);
      assert.notEqual(keyOf(session), before);
      assert.equal(upf.psks[1]?.psk, keyOf(session));
      assert.equal(upf.psks[1]?.operation, 'replace');
      assert.notEqual(upf.psks[1]?.kid, upf.psks[0]?.kid);
    });
  });

  test(`solution #6 ${variant}: the core starts the renewal`, async () => {
    await withSession({ solution: '6', variant }, async (fixture, _, session) => {
      const before = keyOf(session);
      assert.deepEqual(await control(fixture, 'rekey'), { upf: 'upf-1.example', generation: 2 });
      await until(() => keyOf(session) !== before);
      assert.equal(fixture.upf.psks[1]?.psk, keyOf(session));
    });
  });
}

test('only solution #6 renews at the wish of the UE', async () => {
  await withSession({ solution: '4' }, async ({ upf }, ue, session) => {
    await assert.rejects(ue.renewPsk(session), /serviceOptionNotSupported/);
    assert.equal(upf.psks.length, 1);
  });
});

test('a UPF that asks for a key although the solution has no such step is refused', async () => {
  await withSession({ solution: '4' }, async ({ upf }) => {
    for (const seid of upf.sessions.keys()) upf.requestPsk(seid);
    await until(() => upf.reportCauses.length === 1);
    assert.deepEqual(upf.reportCauses, [64]);
    assert.equal(upf.psks.length, 1);
  });
});

test('a released session has no PSK left, and the same PDU session ID gets a new one', async () => {
  await withSession({ sbiTransport: 'http2' }, async ({ upf, events }, ue, session) => {
    const first = keyOf(session);
    await ue.releaseSession(session);
    assert.equal(upf.sessions.size, 0);
    const deleted = events.events.filter(
      (event) => event.type === 'psk' && event.holder === 'smf' && event.state === 'deleted',
    );
    assert.equal(deleted.length, 1);
    const again = await ue.establishSession(5, '3gpp');
    await ue.derivePsk(again);
    assert.notEqual(keyOf(again), first);
    assert.equal(upf.psks[1]?.psk, keyOf(again));
  });
});

test('solution #2 gives a released PDU session ID the same PSK again', async () => {
  await withSession({ solution: '2', variant: 'k-amf-psi' }, async ({ upf }, ue, session) => {
    const first = keyOf(session);
    await ue.releaseSession(session);
    await ue.derivePsk(await ue.establishSession(5, '3gpp'));
    assert.equal(upf.psks[1]?.psk, first);
  });
});

test('the network releases a session and its PSK', async () => {
  await withSession({}, async (fixture, _, session) => {
    await control(fixture, 'release');
    await until(() => fixture.core.counts().sessions === 0);
    assert.equal(fixture.upf.sessions.size, 0);
    assert.equal(session.psk, undefined);
  });
});

test('of two UPFs only the selected one gets the PSK', async () => {
  await withSession(
    {},
    async ({ upfs }, ue) => {
      assert.deepEqual(
        upfs.map(({ psks }) => psks.length),
        [1, 0],
      );
      await ue.derivePsk(await ue.establishSession(6, '3gpp'));
      assert.deepEqual(
        upfs.map(({ psks }) => psks.length),
        [1, 1],
      );
    },
    2,
  );
});

test('relocation brings a PSK to the other UPF and deletes it at the first', async () => {
  for (const [variant, fresh] of [
    ['k-amf-upf', true],
    ['k-amf', false],
  ] as const) {
    await withSession(
      { solution: '1', variant },
      async (fixture, _, session) => {
        const before = keyOf(session);
        assert.deepEqual(await control(fixture, 'relocate'), {
          upf: 'upf-2.example',
          generation: 2,
        });
        const [first, second] = fixture.upfs;
        assert.equal(first?.sessions.size, 0);
        assert.equal(second?.sessions.size, 1);
        assert.equal(second?.psks.length, 1);
        // Without the identity of the UPF in it, the key is that of the old UPF again.
        assert.equal(second?.psks[0]?.psk !== before, fresh);
        await until(() => session.psk !== undefined && session.psk.generation === 2);
      },
      2,
    );
  }
});

test('relocation without another UPF leaves the session where it is', async () => {
  await withSession({}, async (fixture) => {
    await assert.rejects(control(fixture, 'relocate'), /no UPF/);
    assert.equal(fixture.upf.sessions.size, 1);
    assert.equal(fixture.core.counts().sessions, 1);
  });
});

test('what a UE that is idle cannot be told is not done: neither renewal nor relocation', async () => {
  for (const [solution, variant] of [
    ['4', 'stored-count'],
    ['6', 'push-key'],
    // Installed after the N4 session is there.
    ['2', 'k-amf-ip'],
  ] as const) {
    await withSession(
      { solution, variant },
      async (fixture, ue, session) => {
        const before = keyOf(session);
        ue.goIdle('3gpp');
        await noticedIdle(fixture);
        await assert.rejects(control(fixture, 'rekey'), /CM-IDLE/);
        await assert.rejects(control(fixture, 'relocate'), /CM-IDLE/);
        const [first, second] = fixture.upfs;
        assert.deepEqual([first?.sessions.size, second?.sessions.size], [1, 0]);
        assert.equal(first?.psks.length, 1, 'the UPF holds the key that the UE has');
        await ue.requestService('3gpp');
        await control(fixture, 'relocate');
        assert.deepEqual([first?.sessions.size, second?.sessions.size], [0, 1]);
        if (solution !== '6') {
          assert.equal(second?.psks.at(-1)?.psk, keyOf(session));
          assert.equal(keyOf(session), before);
        }
      },
      2,
    );
  }
});

/** The AMF notices a moment after the UE that a connection is gone: until then it would give a key for it. */
async function noticedIdle({ core }: Fixture): Promise<void> {
  const path = `/x-testbed-namf-mpquic/v1/ue-contexts/imsi-${SUBSCRIBER.supi}/keys`;
  const body = { pduSessionId: 5, ueIp: '10.0.0.1', ueMustBeReachable: true };
  for (let given = true; given; ) {
    given = await core.sbi.call('amf', { method: 'POST', path, body }).then(
      () => true,
      () => false,
    );
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

test('imported mode tells UPF and UE what the key is bound to', async () => {
  await withSession({ pskMode: 'imported' }, async ({ upf }, _, session) => {
    assert.equal(session.psk?.mode, 'imported');
    assert.equal(session.indication?.upfId, 'upf-1.example');
    assert.equal(upf.psks[0]?.mode, 'imported');
    assert.match(upf.psks[0]?.importContext ?? '', /^0104050d7570662d312e6578616d706c65/);
  });
});

test('the newest COUNT instead of the stored one breaks the agreement once another message is sent', async () => {
  const fixture = await startFixture({ countSource: 'current' });
  try {
    const ue = fixture.ue();
    await ue.register('3gpp');
    // Two requests at once: the second takes a COUNT before the first key is derived.
    const sessions = await Promise.all([
      ue.establishSession(1, '3gpp'),
      ue.establishSession(2, '3gpp'),
    ]);
    const keys = await Promise.all(
      sessions.map(async (session) => keyOf({ ...session, psk: await ue.derivePsk(session) })),
    );
    const installed = fixture.upf.psks.map(({ psk }) => psk);
    assert.notDeepEqual([...keys].sort(), [...installed].sort());
  } finally {
    await fixture.stop();
  }
});

test('the holders of the PSK are those that received or derived it', async () => {
  const holders = async (settings: Parameters<typeof startFixture>[0]): Promise<string[]> => {
    let found: string[] = [];
    await withSession(settings, async ({ events }, _, session) => {
      const psk = keyOf(session);
      found = events.events.flatMap((event) =>
        (event.type === 'key' || event.type === 'key_received') && toHex(event.value) === psk
          ? [event.holder]
          : [],
      );
    });
    return [...new Set(found)].sort();
  };
  assert.deepEqual(await holders({ solution: '4' }), ['amf', 'smf', 'ue']);
  assert.deepEqual(await holders({ solution: '5' }), ['smf', 'ue']);
  assert.deepEqual(await holders({ solution: '2', variant: 'k-smf-psi' }), ['smf', 'ue']);
});

test('another steering mode reaches the UPF before the UE, and leaves the key alone', async () => {
  await withSession({}, async (fixture, _, session) => {
    const before = keyOf(session);
    const path = `/x-testbed-nsmf-control/v1/sessions/imsi-${SUBSCRIBER.supi}/5/steer`;
    const body = { steeringMode: 'redundant' };
    await fixture.core.sbi.call('smf', { method: 'POST', path, body });
    await until(() => fixture.upf.mars.length === 2);
    assert.deepEqual(
      fixture.upf.mars.map(({ steeringMode }) => steeringMode),
      [1, 4],
    );
    const commands = (): number =>
      fixture.events.events.filter(
        (event) => event.type === 'message' && event.detail === 'PDU SESSION MODIFICATION COMPLETE',
      ).length;
    await until(() => commands() === 1);
    assert.equal(keyOf(session), before);
    await assert.rejects(
      fixture.core.sbi.call('smf', { method: 'POST', path, body: { steeringMode: 'zigzag' } }),
      /steeringMode/,
    );
  });
});

test('solution #3 gives the SMF a key at step 2 even where MPQUIC is not chosen later', async () => {
  const fixture = await startFixture({
    solution: '3',
    variant: 'k-amf-psi',
    delivery: 'amf-psk-at-2+n4-establishment-at-5',
  });
  try {
    const ue = await RawUe.connect(fixture.core);
    await ue.register();
    ue.requestSession(5, { capability: { mptcp: true } });
    assert.equal((await ue.nextSm())?.type, 'establishmentAccept');
    const received = fixture.events.events.filter(
      (event) => event.type === 'key_received' && event.holder === 'smf',
    );
    assert.equal(received.length, 1);
    assert.deepEqual(fixture.upf.psks, []);
    ue.close();
  } finally {
    await fixture.stop();
  }
});

test('the second request of a session over the other access keeps session and key', async () => {
  const fixture = await startFixture();
  try {
    const ue = await RawUe.connect(fixture.core);
    await ue.register();
    ue.requestSession(5);
    assert.equal((await ue.nextSm())?.type, 'establishmentAccept');
    const other = await RawUe.connect(fixture.core, 'non-3gpp');
    await other.registerAgain(ue);
    other.requestSession(5, { procedureTransactionId: 9 });
    const accept = await other.nextSm();
    assert.equal(accept?.type, 'establishmentAccept');
    assert.equal(accept?.type === 'establishmentAccept' && accept.procedureTransactionId, 9);
    assert.equal(fixture.core.counts().sessions, 1);
    assert.equal(fixture.upf.psks.length, 1);
    other.close();
    ue.close();
  } finally {
    await fixture.stop();
  }
});
