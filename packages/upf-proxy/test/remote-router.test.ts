import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  buildIpPacket,
  type ForwardingError,
  IpProtocol,
  parseTargetRule,
  readIpHeader,
  TargetPolicy,
} from '@mpquic/http3';
import type { IpFlow } from '@mpquic/masque';
import { parseIp } from '@mpquic/wire';
import { RemoteRouter } from '../src/proxy/workers/remote-router.ts';

const UE = parseIp('10.60.0.1');
const SERVER = parseIp('198.51.100.7');
const LOOPBACK = parseIp('127.0.0.1');

test('packets that the policy allows cross in memory of their own; others are refused in the worker', () => {
  const told: unknown[] = [];
  const written: Uint8Array<ArrayBuffer>[] = [];
  const router = new RemoteRouter({
    attach: (id, addresses) => told.push(['attach', id, addresses]),
    detach: (id) => told.push(['detach', id]),
    write: (packet) => written.push(packet),
  });
  const delivered: IpFlow[] = [];
  const refused: ForwardingError[] = [];
  const forwarder = router.open({
    policy: new TargetPolicy({ denied: [parseTargetRule('127.0.0.0/8')] }),
    addresses: [UE],
    deliver: (_, flow) => delivered.push(flow),
    refuse: (error) => refused.push(error),
  });
  const forward = (to: Uint8Array): void => {
    const slab = new Uint8Array(4096);
    const packet = buildIpPacket(UE, to, IpProtocol.udp, Uint8Array.of(1, 2, 0, 53, 0, 8, 0, 0));
    slab.set(packet, 100);
    const view = slab.subarray(100, 100 + packet.length);
    forwarder.forward(view, readIpHeader(view) ?? assert.fail('no header'));
  };
  forward(SERVER);
  forward(LOOPBACK);
  assert.equal(written.length, 1);
  assert.equal(written[0]?.buffer.byteLength, 28, 'nothing around it goes along');
  assert.deepEqual(refused, [{ type: 'prohibited' }]);
  forwarder.returnError?.(Uint8Array.of(1, 2, 3));
  assert.deepEqual(written[1], Uint8Array.of(1, 2, 3), 'errors of this router pass');
  const answer = buildIpPacket(SERVER, UE, IpProtocol.udp, Uint8Array.of(0, 53, 1, 2, 0, 8, 0, 0));
  router.deliver(0, answer);
  assert.deepEqual(delivered[0]?.address, SERVER);
  assert.equal(delivered[0]?.port, 53);
  forwarder.close();
  router.deliver(0, answer);
  router.deliver(7, answer);
  assert.equal(delivered.length, 1, 'nobody is there');
  assert.deepEqual(told, [
    ['attach', 0, [UE]],
    ['detach', 0],
  ]);
});
