/** Procedures between a real UE and a real core: both sides must come to the same keys. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { nodeCryptoProvider } from '@mpquic/crypto';
import { eciesPublicKey } from '@mpquic/keys';
import type { UeAgent } from '@mpquic/ue-agent';
import { fromHex, toHex } from '@mpquic/wire';
import { createAgent, lastKey, type Network, startNetwork } from './small-network.ts';

type Flags = Readonly<Record<string, unknown>>;

const SUPI = 'imsi-001010123456789';
const PRIVATE_KEY = 'c53c22208b61860b06c62e5406a7b330c2b577aa5558981510d128247d38bd1d';

async function withUe(
  coreFlags: Flags,
  run: (agent: UeAgent, network: Network) => Promise<void>,
  ueFlags: Flags = {},
  upfFlags: Flags = {},
): Promise<void> {
  const network = await startNetwork(coreFlags, upfFlags);
  const agent = createAgent(network, ueFlags);
  try {
    await run(agent, network);
  } finally {
    await agent.stop();
    await network.lifecycle.stop();
  }
}

async function registerBoth({ ue }: UeAgent): Promise<void> {
  await ue.register('3gpp');
  await ue.register('non-3gpp');
}

/** Makes the core do something, as an operator would. */
async function control({ core }: Network, nf: 'amf' | 'smf', name: string, body = {}) {
  const path =
    nf === 'amf'
      ? `/x-testbed-namf-control/v1/ue-contexts/${SUPI}/${name}`
      : `/x-testbed-nsmf-control/v1/sessions/${SUPI}/5/${name}`;
  return await core.sbi.call(nf, { method: 'POST', path, body });
}

function assertSame({ events }: Network, holder: string, ...names: readonly string[]): void {
  for (const name of names) {
    const ours = lastKey(events, 'ue', name);
    assert.ok(ours !== undefined, `the UE derived ${name}`);
    assert.equal(ours, lastKey(events, holder, name), name);
  }
}

for (const [suci, profile] of [
  ['profile-a', 1],
  ['profile-b', 2],
] as const) {
  test(`registration with the SUCI of ${suci}`, async () => {
    const publicKey = toHex(eciesPublicKey(profile, fromHex(PRIVATE_KEY)));
    await withUe(
      {
        homeNetworkKeys: [{ id: 27, profile: profile === 1 ? 'A' : 'B', privateKey: PRIVATE_KEY }],
      },
      async (agent, network) => {
        await registerBoth(agent);
        assertSame(network, 'amf', 'K_AMF', 'K_gNB', 'K_N3IWF', 'K_NASint', 'K_NASenc');
      },
      { suci, homeNetworkKeyId: 27, homeNetworkPublicKey: publicKey },
    );
  });
}

test('a USIM ahead of the home network brings it back', async () => {
  await withUe(
    {},
    async (agent, network) => {
      await agent.ue.register('3gpp');
      assertSame(network, 'amf', 'K_AMF');
    },
    { sqn: '0000000f0000' },
  );
});

test('a USIM with another K is turned away', async () => {
  await withUe(
    {},
    async (agent) => {
      await assert.rejects(agent.ue.register('3gpp'), /AUTHENTICATION REJECT/);
    },
    { k: '00'.repeat(16) },
  );
});

test('null algorithms, where both sides are set to take them', async () => {
  await withUe(
    { integrity: ['nia0'], ciphering: ['nea0'] },
    async (agent, network) => {
      await agent.ue.register('3gpp');
      assertSame(network, 'amf', 'K_AMF');
    },
    { integrity: ['nia2', 'nia0'] },
  );
});

test('re-authentication: a new K_AMF on both accesses, which go on', async () => {
  await withUe({}, async (agent, network) => {
    await registerBoth(agent);
    const before = lastKey(network.events, 'ue', 'K_AMF');
    await control(network, 'amf', 'reauthenticate');
    assert.notEqual(lastKey(network.events, 'ue', 'K_AMF'), before);
    assertSame(network, 'amf', 'K_AMF', 'K_NASint');
    for (const access of ['non-3gpp', '3gpp'] as const) {
      const session = await agent.ue.establishSession(access === '3gpp' ? 5 : 6, access);
      await agent.ue.derivePsk(session);
      assertSame(network, 'amf', 'K_UPF');
    }
  });
});

test("mobility registration update: K_AMF' from the COUNT of the request", async () => {
  await withUe({ horizontalKAmf: true }, async (agent, network) => {
    await agent.ue.register('3gpp');
    await agent.ue.updateRegistration('3gpp');
    assertSame(network, 'amf', "K_AMF'", 'K_gNB');
    const session = await agent.ue.establishSession(5, '3gpp');
    await agent.ue.derivePsk(session);
    assertSame(network, 'amf', 'K_UPF');
  });
});

test('solution 1: idle and connected again, both sides and the UPF have a new PSK', async () => {
  await withUe({ solution: '1', variant: 'k-gnb' }, async (agent, network) => {
    await registerBoth(agent);
    const session = await agent.ue.establishSession(5, '3gpp');
    const first = await agent.ue.derivePsk(session);
    const firstKid = first.kid.slice();
    agent.ue.goIdle('3gpp');
    await agent.ue.requestService('3gpp');
    assertSame(network, 'amf', 'K_gNB', 'UPF_PSK', 'UPF_PSK ID');
    const { kid } = session.psk ?? assert.fail('no PSK');
    assert.notDeepEqual(kid, firstKid);
    assert.ok(network.upf.registry.has(kid));
  });
});

test('solution 1: after an Xn handover, UE and AMF derive different keys from K_gNB', async () => {
  const cell = { physicalCellId: 7, downlinkFrequency: 632628 };
  await withUe({ solution: '1', variant: 'k-gnb' }, async (agent, network) => {
    await agent.ue.register('3gpp');
    agent.ue.handOver({ ...cell, radio: 'gNB' });
    await control(network, 'amf', 'hand-over', cell);
    assertSame(network, 'gnb', 'K_NG-RAN*');
    const session = await agent.ue.establishSession(5, '3gpp');
    await agent.ue.derivePsk(session);
    assert.notEqual(
      lastKey(network.events, 'ue', 'UPF_PSK'),
      lastKey(network.events, 'amf', 'UPF_PSK'),
    );
  });
});

for (const variant of ['push-key', 'push-rand']) {
  test(`solution 6 ${variant}: a new key at the wish of the UE, then of the core`, async () => {
    await withUe(
      { solution: '6', variant },
      async (agent, network) => {
        await registerBoth(agent);
        const session = await agent.ue.establishSession(5, '3gpp');
        const kids = [toHex((await agent.ue.derivePsk(session)).kid)];
        kids.push(toHex((await agent.ue.renewPsk(session)).kid));
        const pushed = new Promise<void>((resolve) => {
          agent.ue.onPskChanged = () => resolve();
        });
        await control(network, 'smf', 'rekey');
        await pushed;
        kids.push(toHex(session.psk?.kid ?? new Uint8Array()));
        assert.equal(new Set(kids).size, 3);
        const { kid } = session.psk ?? assert.fail('no PSK');
        assert.ok(network.upf.registry.has(kid));
        assert.equal(lastKey(network.events, 'amf', 'KID'), toHex(kid));
      },
      {},
      { requestPsk: true },
    );
  });
}

test('the network deregisters the UE: no session, no PSK anywhere', async () => {
  await withUe({}, async (agent, network) => {
    await registerBoth(agent);
    const session = await agent.ue.establishSession(5, '3gpp');
    const { key } = await agent.ue.derivePsk(session);
    await control(network, 'amf', 'deregister');
    for (let i = 0; i < 500 && network.upf.registry.size > 0; i++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert.equal(agent.ue.registered('3gpp'), false);
    assert.equal(agent.ue.registered('non-3gpp'), false);
    assert.ok(key.every((octet) => octet === 0));
    assert.equal(network.upf.registry.size, 0);
  });
});

test('a UE that vanished and comes back gets a session and a new key', async () => {
  await withUe({}, async (agent, network) => {
    await agent.ue.register('3gpp');
    const session = await agent.ue.establishSession(5, '3gpp');
    const { key } = await agent.ue.derivePsk(session);
    const before = toHex(key);
    agent.ue.dispose();
    const again = createAgent(network, { sqn: '000000000100' });
    try {
      await again.ue.register('3gpp');
      const fresh = await again.ue.derivePsk(await again.ue.establishSession(5, '3gpp'));
      assert.notEqual(toHex(fresh.key), before);
      assert.equal(network.upf.registry.size, 1, 'the old key is gone');
      assert.ok(nodeCryptoProvider.equal(fresh.kid, session.psk?.kid ?? fresh.kid));
    } finally {
      await again.stop();
    }
  });
});
