/** Solution #Y: a PSK that belongs to no session still has an address, and its UE's session where the operator says whose it is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Application, forwardPort, startScene } from './traffic-scene.ts';

const PSK = { variant: 'per-ue', kid: '7b'.repeat(16), key: '5c'.repeat(32) };

for (const [what, supi, ueAddress, steering] of [
  ['its UE is known', '001010123456789', '10.60.0.1', 'redundant'],
  ['its UE is not known', undefined, '10.60.0.2', 'leastDelay'],
] as const) {
  test(`CONNECT-IP with a provisioned PSK: ${what}`, async (context) => {
    const { network, traffic } = await startScene(context, {
      core: {
        solution: 'Y',
        steeringMode: 'redundant',
        trafficRules: [{ functionality: 'mpquic-ip', transport: 'datagram-1' }],
      },
      upf: { provisionedPsks: [{ ...PSK, ...(supi === undefined ? {} : { supi }) }] },
      ue: { provisionedPsks: [PSK] },
    });
    const application = new Application(context, forwardPort(traffic, 0));
    await application.keepSending(new Uint8Array(500), 20);
    const [report] = network.upf.userPlane?.reports() ?? [];
    assert.equal(report?.ueAddress, ueAddress);
    assert.equal(report.steering, steering);
    assert.equal(report.ip?.accepted, 1);
    assert.ok(report.ip.downlinkPackets >= 20);
    assert.equal(report.udp.accepted, 0);
  });
}
