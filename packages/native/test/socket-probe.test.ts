import assert from 'node:assert/strict';
import { probeNativeSockets } from '../src/socket-probe.ts';
import { nativeTest } from './loopback.ts';

for (const host of ['127.0.0.1', '127.0.0.9', '::1']) {
  nativeTest(`the probe on ${host} finds what this kernel does`, async () => {
    assert.deepEqual(await probeNativeSockets(host), {
      segmentation: true,
      coalescing: true,
      ecn: true,
      localAddress: true,
    });
  });
}

nativeTest('the probe on an address that is not of this machine rejects', async () => {
  await assert.rejects(probeNativeSockets('192.0.2.1'), { code: 'EADDRNOTAVAIL' });
});
