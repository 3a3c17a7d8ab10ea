/** Core, UPF and UE in one process, over real sockets: the story of each solution. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { pskStates, pskValues, startNetwork, tell } from './small-network.ts';

for (const [solution, variant, pskMode, names] of [
  ['4', 'stored-count', 'raw', ['K_UPF', 'PSK']],
  ['1', 'k-gnb-upf', 'imported', ['UPF_PSK', 'PSK']],
  ['3', 'k-smf-ip', 'raw', ['PSK']],
  ['5', 'fresh', 'imported', ['K_UPF', 'PSK']],
] as const) {
  test(`the story of solution ${solution} ${variant}, ${pskMode} PSK`, async () => {
    const network = await startNetwork({ solution, variant, pskMode });
    try {
      const report = await tell(network);
      assert.equal(report.solution, solution);
      assert.equal(report.variant, variant);
      assert.equal(report.pskMode, pskMode);
      assert.equal(report.transfer?.bytes, 300_000);
      assert.ok(report.transfer?.cut !== undefined, '3GPP access was cut');
      assert.deepEqual(
        report.paths.map(({ access }) => access),
        ['3gpp', 'non-3gpp'],
      );
      assert.ok(report.paths.every(({ bytesReceived }) => bytesReceived > 0));
      assert.equal(report.afterRelease?.accepted, false);
      assert.match(report.afterRelease?.detail ?? '', /0x133/);
      assert.equal(pskValues(network.events, names).size, 1, 'all computed the same key');
      assert.deepEqual(pskStates(network.events, 'ue'), ['derived', 'in_use', 'deleted']);
      assert.deepEqual(pskStates(network.events, 'upf'), ['installed', 'in_use', 'deleted']);
      assert.equal(network.upf.registry.size, 0);
      assert.equal(network.upf.sessions.size, 0);
      assert.deepEqual(network.core.counts(), { ues: 0, sessions: 0 });
    } finally {
      await network.lifecycle.stop();
    }
  });
}

for (const variant of ['push-key', 'push-rand']) {
  test(`solution 6 ${variant}: the UPF asks, the AMF sends to UE and UPF`, async () => {
    const network = await startNetwork({ solution: '6', variant }, { requestPsk: true });
    try {
      const report = await tell(network, { transferBytes: 0 });
      assert.equal(report.variant, variant);
      assert.equal(report.afterRelease?.accepted, false);
      assert.match(report.afterRelease?.detail ?? '', /0x133/);
      assert.equal(pskValues(network.events, ['Key', 'PSK']).size, 1);
    } finally {
      await network.lifecycle.stop();
    }
  });
}

for (const pskMode of ['raw', 'imported']) {
  for (const variant of ['per-ue', 'per-ue-per-upf']) {
    test(`solution Y ${variant}, ${pskMode}: the provisioned PSK outlives the session`, async () => {
      const psk = { kid: 'aa01', key: '07'.repeat(32), variant };
      const network = await startNetwork(
        { solution: 'Y', variant, pskMode },
        { provisionedPsks: [{ ...psk, mode: pskMode }] },
      );
      try {
        const report = await tell(network, { transferBytes: 0, provisionedPsks: [psk] });
        assert.equal(report.afterRelease?.accepted, true);
        assert.deepEqual(pskStates(network.events, 'upf'), ['installed', 'in_use']);
      } finally {
        await network.lifecycle.stop();
      }
    });
  }
}

test('solution 3: the UE is quicker than the key; a UPF that holds handshakes lets it in', async () => {
  const delivery = 'smf-request-at-12+n4-modification-at-13';
  const network = await startNetwork(
    { solution: '3', variant: 'k-amf-psi', delivery },
    { unknownKid: 'hold', holdMs: 3000 },
  );
  try {
    const report = await tell(network, { transferBytes: 0 });
    assert.equal(report.solution, '3');
  } finally {
    await network.lifecycle.stop();
  }
});
