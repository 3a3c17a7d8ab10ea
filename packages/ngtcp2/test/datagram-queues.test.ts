import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IncomingDatagrams, OutgoingDatagrams } from '../src/datagram-queues.ts';

test('beyond the limit the oldest datagram gives way, in both directions', () => {
  const lost: number[] = [];
  const outgoing = new OutgoingDatagrams(3, (id) => lost.push(id));
  for (let i = 0; i < 5; i++) outgoing.push(Uint8Array.of(i));
  assert.deepEqual([lost, outgoing.room, outgoing.first?.id], [[1, 2], 0, 3]);
  const incoming = new IncomingDatagrams(3);
  for (let i = 0; i < 5; i++) incoming.push(Uint8Array.of(i));
  assert.deepEqual([incoming.dropped, incoming.shift()?.[0]], [2, 2]);
});

test('that there is room again is told once, when half of what may wait is gone', () => {
  const outgoing = new OutgoingDatagrams(4, () => undefined);
  for (let i = 0; i < 3; i++) outgoing.push(Uint8Array.of(i));
  for (let i = 0; i < 3; i++) outgoing.shift();
  assert.equal(outgoing.takeWritable(), false, 'it was never full');
  for (let i = 0; i < 4; i++) outgoing.push(Uint8Array.of(i));
  outgoing.shift();
  assert.equal(outgoing.takeWritable(), false);
  outgoing.shift();
  assert.deepEqual([outgoing.takeWritable(), outgoing.takeWritable()], [true, false]);
});
