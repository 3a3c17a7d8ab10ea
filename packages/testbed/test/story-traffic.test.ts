/** The story with applications: real sockets, an access that is cut and comes back, and what both ends count. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { accessRows, flowRows, trafficSentences } from '@mpquic/ue-agent';
import { type Address, formatAddress, fromHex, utf8 } from '@mpquic/wire';
import { type DataNetwork, startDataNetwork } from '../src/data-network/data-network.ts';
import { startNetwork, tell } from './small-network.ts';

const ANY: Address = { host: '127.0.0.1', port: 0 };
const FILE_KEY = '07'.repeat(32);

async function startData(context: TestContext): Promise<DataNetwork> {
  const names = new Map([['echo.example', '127.0.0.1']]);
  const key = fromHex(FILE_KEY);
  const psk = { identity: utf8('files'), key, hash: 'sha256', mode: 'raw' } as const;
  const files = { address: ANY, psk };
  const data = await startDataNetwork({ echoes: [ANY], dns: ANY, names, files });
  context.after(() => data.close());
  return data;
}

test('applications send while an access is cut and comes back', async (context) => {
  const data = await startData(context);
  const echo = formatAddress(data.echoes[0]?.address ?? ANY);
  const dns = formatAddress(data.dns.address);
  const files = formatAddress(data.files?.address ?? ANY);
  const network = await startNetwork(
    { steeringMode: 'load-balancing' },
    { allowTargets: [echo, dns, files] },
  );
  context.after(() => network.lifecycle.stop());
  const { traffic, afterRelease } = await tell(network, {
    transferBytes: 10_000,
    stageMs: 60,
    cutMs: 100,
    applications: [
      { name: 'queries', kind: 'dns', target: dns },
      { name: 'bulk', target: echo, rate: 400, octets: 1200 },
      { name: 'a file', kind: 'file', target: files, octets: 100_000, pskKey: FILE_KEY },
    ],
  });
  assert.ok(traffic);
  assert.equal(afterRelease?.accepted, false, 'no connection outlives the session');
  const stages = ['both accesses', '3gpp cut', '3gpp back'];
  for (const flow of traffic.flows) {
    assert.deepEqual(
      flow.stages.map(({ stage }) => stage),
      stages,
    );
    assert.ok(flow.sent > 0 && flow.answered > 0, `${flow.name}: ${flow.answered}/${flow.sent}`);
    assert.equal(flow.sent, flow.answered + flow.lost);
    assert.equal(
      flow.sent,
      flow.stages.reduce((sum, { sent }) => sum + sent, 0),
    );
    assert.equal(flow.steering, 'loadBalancing');
    assert.equal(flow.duplicates, 0);
  }
  const [file] = traffic.downloads;
  assert.equal(file?.bytes, 100_000);
  for (const { packetsSent, packetsReceived } of traffic.accesses) {
    assert.ok(packetsSent > 10 && packetsReceived > 10);
  }
  const [threeGpp] = traffic.accesses;
  assert.equal(
    threeGpp?.stages[1]?.packetsReceived,
    0,
    'nothing came over the access that was cut',
  );
  assert.equal(traffic.cut?.access, '3gpp');
  assert.equal(flowRows(traffic).length, 3);
  assert.equal(accessRows(traffic).length, 3);
  assert.match(trafficSentences(traffic).join(' '), /a file: 100000 octets.*3gpp access cut/);
});

test('an application whose target does not answer ends the story with its name', async (context) => {
  const network = await startNetwork({});
  context.after(() => network.lifecycle.stop());
  const applications = [{ name: 'a flow', target: '127.0.0.1:9', rate: 20 }];
  await assert.rejects(
    tell(network, { transferBytes: 0, applications, guardMs: 1_500 }),
    /a flow: 127\.0\.0\.1:9 does not answer/,
  );
});
