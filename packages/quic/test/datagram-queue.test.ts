import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  DatagramReceiveQueue,
  DatagramSendQueue,
  type QueuedDatagram,
} from '../src/streams/datagram-queue.ts';

const data = (value: number): Uint8Array => Uint8Array.of(value);

test('datagrams go out in order, and each has its number', () => {
  const queue = new DatagramSendQueue(10);
  assert.deepEqual([queue.push(data(1)), queue.push(data(2))], [1, 2]);
  const first = queue.peek(0) as QueuedDatagram;
  assert.equal(queue.peek(0), first);
  queue.remove(first);
  assert.equal(queue.peek(0)?.number, 2);
  assert.equal(queue.length, 1);
  assert.equal(queue.nextDropped(), undefined);
});

test('a datagram bound to a path waits for it, others pass', () => {
  const queue = new DatagramSendQueue(10);
  queue.push(data(1), 2);
  queue.push(data(2));
  assert.equal(queue.peek(0)?.number, 2);
  assert.equal(queue.peek(2)?.number, 1);
  queue.remove(queue.peek(0) as QueuedDatagram);
  assert.equal(queue.peek(0), undefined);
  queue.dropPath(2);
  assert.equal(queue.length, 0);
  assert.equal(queue.nextDropped(), 1);
});

test('beyond the limit the oldest is dropped and reported', () => {
  const queue = new DatagramSendQueue(3);
  for (let i = 0; i < 5; i++) queue.push(data(i));
  assert.equal(queue.length, 3);
  assert.deepEqual(
    [queue.nextDropped(), queue.nextDropped(), queue.nextDropped()],
    [1, 2, undefined],
  );
  queue.drop(queue.peek(0) as QueuedDatagram);
  assert.equal(queue.nextDropped(), 3);
  queue.clear();
  assert.deepEqual(
    [queue.nextDropped(), queue.nextDropped(), queue.nextDropped()],
    [4, 5, undefined],
  );
});

test('what arrives beyond the limit pushes the oldest out', () => {
  const queue = new DatagramReceiveQueue(2);
  for (let i = 0; i < 5; i++) queue.push(data(i), i < 4);
  assert.equal(queue.length, 2);
  assert.equal(queue.nextIsEarly, true, 'the one that is left of four');
  assert.equal(queue.dropped, 3);
  assert.deepEqual([queue.next(), queue.next(), queue.next()], [data(3), data(4), undefined]);
});
