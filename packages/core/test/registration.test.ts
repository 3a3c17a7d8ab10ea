import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eciesPublicKey, ProtectionScheme } from '@mpquic/keys';
import type { EventLog } from '@mpquic/service';
import { fromHex, toHex } from '@mpquic/wire';
import { type Fixture, startFixture, type UeFixtureOptions } from './core-fixture.ts';

/** Home network private keys of TS 33.501 C.4. */
const PROFILE_A_KEY = 'c53c22208b61860b06c62e5406a7b330c2b577aa5558981510d128247d38bd1d';
const PROFILE_B_KEY = 'f1ab1074477ebcc7f554ea1c5fc368b1616730155e0041ac447d6301975fecda';

async function withFixture(
  settings: Parameters<typeof startFixture>[0],
  run: (fixture: Fixture) => Promise<void>,
): Promise<void> {
  const fixture = await startFixture(settings);
  try {
    await run(fixture);
  } finally {
    await fixture.stop();
  }
}

function sent({ events }: EventLog, name: string): number {
  return events.filter((event) => event.type === 'message' && event.name === name).length;
}

for (const [profile, scheme, privateKey] of [
  ['A', ProtectionScheme.profileA, PROFILE_A_KEY],
  ['B', ProtectionScheme.profileB, PROFILE_B_KEY],
] as const) {
  test(`a SUCI of profile ${profile} is opened by the home network`, async () => {
    await withFixture({ homeNetworkKeys: [{ id: 27, profile, privateKey }] }, async (fixture) => {
      const ue = fixture.ue({
        suci: {
          routingIndicator: '0',
          scheme,
          homeNetworkPublicKeyId: 27,
          homeNetworkPublicKey: eciesPublicKey(scheme, fromHex(privateKey)),
        },
      });
      await ue.register('3gpp');
      assert.equal(fixture.core.counts().ues, 1);
      const inClear = fixture.events.events.filter(
        (event) =>
          event.type === 'message' &&
          event.interface === 'N1' &&
          toHex(event.payload ?? new Uint8Array()).includes('1032547698'),
      );
      assert.deepEqual(inClear, [], 'no N1 message holds the MSIN');
    });
  });
}

test('a SUCI under a key that the home network has not is refused', async () => {
  await withFixture({}, async (fixture) => {
    const scheme = ProtectionScheme.profileA;
    const homeNetworkPublicKey = eciesPublicKey(scheme, fromHex(PROFILE_A_KEY));
    const suci = {
      routingIndicator: '0',
      scheme,
      homeNetworkPublicKeyId: 1,
      homeNetworkPublicKey,
    };
    await assert.rejects(fixture.ue({ suci }).register('3gpp'), /REGISTRATION REJECT: illegalUe/);
    assert.equal(fixture.core.counts().ues, 0);
  });
});

test('a USIM that is ahead of the network makes it resynchronise once', async () => {
  await withFixture({}, async (fixture) => {
    await fixture.ue({ sqn: 1_000_000 }).register('3gpp');
    assert.equal(sent(fixture.events, 'AUTHENTICATION REQUEST'), 2);
    assert.equal(sent(fixture.events, 'AUTHENTICATION FAILURE'), 1);
  });
});

test('a USIM with another key refuses the network, which refuses it', async () => {
  await withFixture({}, async (fixture) => {
    const ue = fixture.ue({ k: '00'.repeat(16) });
    await assert.rejects(ue.register('3gpp'), /AUTHENTICATION REJECT/);
    assert.equal(fixture.core.counts().ues, 0);
  });
});

test('an unknown subscriber is refused', async () => {
  await withFixture({}, async (fixture) => {
    const ue = fixture.ue({ imsi: '001010000000001' });
    await assert.rejects(ue.register('3gpp'), /REGISTRATION REJECT: illegalUe/);
  });
});

test('the second access uses the security context of the first, with its own NAS COUNTs', async () => {
  await withFixture({}, async (fixture) => {
    const ue = fixture.ue();
    await ue.register('3gpp');
    await ue.register('non-3gpp');
    assert.equal(sent(fixture.events, 'AUTHENTICATION REQUEST'), 1);
    assert.equal(sent(fixture.events, 'SECURITY MODE COMMAND'), 1);
    const names = fixture.events.events.flatMap((event) =>
      event.type === 'key' && event.holder === 'amf' ? [event.name] : [],
    );
    assert.equal(names.filter((name) => name === 'K_AMF').length, 1);
    assert.ok(names.includes('K_gNB') && names.includes('K_N3IWF'));
  });
});

for (const [name, settings, ue] of [
  ['NEA0', { ciphering: ['nea0'] }, {}],
  ['NIA0 and NEA0', { integrity: ['nia0'], ciphering: ['nea0'] }, { integrity: [0, 2] }],
] as readonly [string, Record<string, unknown>, UeFixtureOptions][]) {
  test(`${name}: registration and session`, async () => {
    await withFixture(settings, async (fixture) => {
      const agent = fixture.ue(ue);
      await agent.register('3gpp');
      const session = await agent.establishSession(1, '3gpp');
      const psk = await agent.derivePsk(session);
      assert.equal(fixture.upf.psks[0]?.psk, toHex(psk.key));
    });
  });
}

test('a UE without a common algorithm is refused', async () => {
  await withFixture({ integrity: ['nia0'] }, async (fixture) => {
    const ue = fixture.ue({ integrity: [2] });
    await assert.rejects(ue.register('3gpp'), /ueSecurityCapabilitiesMismatch/);
  });
});

test('keys that both ends derive are the same, from K_AUSF to K_gNB', async () => {
  await withFixture({ sbiTransport: 'http2' }, async (fixture) => {
    await fixture.ue().register('3gpp');
    const value = (holder: string, name: string): string | undefined => {
      const found = fixture.events.events.find(
        (event) => event.type === 'key' && event.holder === holder && event.name === name,
      );
      return found?.type === 'key' ? toHex(found.value) : undefined;
    };
    for (const [network, name] of [
      ['udm', 'K_AUSF'],
      ['ausf', 'K_SEAF'],
      ['amf', 'K_AMF'],
      ['amf', 'K_NASint'],
      ['amf', 'K_NASenc'],
      ['amf', 'K_gNB'],
    ] as const) {
      assert.ok(value('ue', name), name);
      assert.equal(value(network, name), value('ue', name), name);
    }
  });
});

test('a full AMF refuses one more UE', async () => {
  await withFixture({ maxUes: 1, subscribers: twoSubscribers() }, async (fixture) => {
    await fixture.ue().register('3gpp');
    const other = fixture.ue({ imsi: '001010123456790' });
    await assert.rejects(other.register('3gpp'), /congestion|closed the connection|is over/);
    assert.equal(fixture.core.counts().ues, 1);
  });
});

test('stopping overwrites keys: no subscriber, no UE, no session is left', async () => {
  const fixture = await startFixture();
  const ue = fixture.ue();
  await ue.register('3gpp');
  await ue.establishSession(2, '3gpp');
  await fixture.stop();
  assert.deepEqual(fixture.core.counts(), { ues: 0, sessions: 0 });
  assert.equal(fixture.upf.sessions.size, 0);
});

function twoSubscribers() {
  const common = {
    k: '465b5ce8b199b49faa5f0a2ee238a6bc',
    opc: 'cd63cb71954a9f4e48a5994e37a02baf',
  };
  return [
    { supi: '001010123456789', ...common },
    { supi: '001010123456790', ...common },
  ];
}
