/** The whole network over IPv6: N1, SBI, N4 and both access paths. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodePfcp } from '@mpquic/pfcp';
import { startNetwork, tell } from './small-network.ts';

const ANY = '[::1]:0';

test('registration, session and transfer over both paths, with IPv6 everywhere', async () => {
  const network = await startNetwork(
    {
      n1ThreeGpp: ANY,
      n1NonThreeGpp: ANY,
      n4: ANY,
      udmSbi: ANY,
      ausfSbi: ANY,
      amfSbi: ANY,
      smfSbi: ANY,
      sbiTransport: 'http2',
    },
    {
      n4: ANY,
      access3gpp: ANY,
      accessNon3gpp: ANY,
      linkPool3gpp: '2001:db8:61::1',
      linkPoolNon3gpp: '2001:db8:62::1',
    },
  );
  try {
    const report = await tell(network, { local3gpp: '::1', localNon3gpp: '::1' });
    assert.equal(report.transfer?.bytes, 300_000);
    assert.equal(report.paths.length, 2);
    for (const { local, remote } of report.paths) {
      assert.match(local, /^\[::1\]:\d+$/);
      assert.match(remote, /^\[::1\]:\d+$/);
    }
    const n4 = network.events.events.flatMap((event) =>
      event.type === 'message' && event.interface === 'N4' && event.payload !== undefined
        ? [decodePfcp(event.payload)]
        : [],
    );
    const request = n4.find(({ type }) => type === 'sessionEstablishmentRequest');
    assert.ok(request?.type === 'sessionEstablishmentRequest');
    assert.deepEqual(request.nodeId, { type: 'ipv6', address: '::1' });
    assert.equal(request.cpFSeid.ipv6, '::1');
    const response = n4.find(({ type }) => type === 'sessionEstablishmentResponse');
    assert.ok(response?.type === 'sessionEstablishmentResponse');
    assert.equal(response.upFSeid?.ipv6, '::1');
    const [first] = response.atsssParameters?.mpquic ?? [];
    assert.equal(first?.proxy.ipv6, '::1');
    assert.deepEqual(first?.linkSpecificAddress, {
      ipv6: '2001:db8:61::1',
      nonThreeGppIpv6: '2001:db8:62::1',
    });
  } finally {
    await network.lifecycle.stop();
  }
});
