import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Metrics } from '../src/metrics.ts';
import { addPathMetrics, type PathMeasurement } from '../src/path-metrics.ts';

const path: PathMeasurement = {
  access: '3gpp',
  rttMs: 10,
  bytesSent: 1_000,
  bytesReceived: 2_000,
  packetsSent: 10,
  packetsLost: 1,
};

test('paths are measured per access, over all connections, as they are when asked', async () => {
  const metrics = new Metrics('test');
  let paths: readonly PathMeasurement[] = [];
  addPathMetrics(metrics, () => Promise.resolve(paths));
  const value = async (name: string, access: string): Promise<number> => {
    const line = (await metrics.registry.metrics())
      .split('\n')
      .find((text) => text.startsWith(`${name}{`) && text.includes(`access="${access}"`));
    return Number(line?.split(' ').at(-1));
  };
  assert.equal(await value('mpq_path_rtt_seconds', '3gpp'), 0);
  paths = [
    path,
    { ...path, rttMs: 30, packetsLost: 2 },
    { ...path, access: 'non-3gpp', rttMs: 50 },
    { ...path, access: undefined },
  ];
  assert.equal(await value('mpq_path_rtt_seconds', '3gpp'), 0.02);
  assert.equal(await value('mpq_path_rtt_seconds', 'non-3gpp'), 0.05);
  assert.equal(await value('mpq_paths', '3gpp'), 2);
  assert.equal(await value('mpq_path_lost_packets', '3gpp'), 3);
  assert.equal(await value('mpq_path_received_octets', 'non-3gpp'), 2_000);
});
