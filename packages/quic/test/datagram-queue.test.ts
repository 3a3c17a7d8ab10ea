import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DatagramCells, type QueuedDatagram } from '../src/streams/datagram-cells.ts';
import { DatagramReceiveQueue, DatagramSendQueue } from '../src/streams/datagram-queue.ts';

const data = (value: number): Uint8Array => Uint8Array.of(value);

test('datagrams go out in order, and each has its number', () => {
  const queue = new DatagramSendQueue(10, new DatagramCells());
  assert.deepEqual([queue.push(data(1)), queue.push(data(2))], [1, 2]);
  const first = queue.peek(0) as QueuedDatagram;
  assert.equal(queue.peek(0), first);
  queue.remove(first);
  assert.equal(queue.peek(0)?.number, 2);
  assert.equal(queue.length, 1);
  assert.equal(queue.nextDropped(), undefined);
});

test('a datagram bound to a path waits for it, others pass', () => {
  const queue = new DatagramSendQueue(10, new DatagramCells());
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
  const queue = new DatagramSendQueue(3, new DatagramCells());
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

test('what waits is a copy, in memory that the next datagram of that size takes once it was sent', () => {
  const cells = new DatagramCells();
  const queues = [new DatagramSendQueue(10, cells), new DatagramSendQueue(10, cells)] as const;
  const source = new Uint8Array(1200).fill(1);
  queues[0].push(source);
  source.fill(2);
  queues[1].push(source);
  const [first, second] = queues.map((queue) => queue.peek(0) as QueuedDatagram);
  assert.deepEqual([first?.data[1199], second?.data[1199]], [1, 2]);
  const memory = first?.data;
  queues[0].remove(first as QueuedDatagram);
  source.fill(3);
  queues[1].push(source);
  assert.equal(second?.data[0], 2);
  queues[1].remove(second as QueuedDatagram);
  assert.equal(queues[1].peek(0)?.data, memory);
  assert.equal(memory?.[600], 3);
});

test('memory comes back from datagrams that were dropped, and long ones have their own', () => {
  const cells = new DatagramCells();
  const queue = new DatagramSendQueue(2, cells);
  queue.push(data(1), 5);
  queue.push(data(2));
  const [bound, free] = [queue.peek(5)?.data, queue.peek(0)?.data];
  queue.dropPath(5);
  queue.push(data(3));
  queue.push(data(4));
  assert.equal(queue.nextDropped(), 1);
  assert.equal(queue.nextDropped(), 2, 'beyond the limit');
  assert.equal(queue.peek(0)?.data, bound);
  queue.clear();
  queue.push(data(5));
  queue.push(data(6));
  queue.remove(queue.peek(0) as QueuedDatagram);
  assert.equal(queue.peek(0)?.data, bound, 'given back last but one');
  queue.clear();
  const long = new Uint8Array(60_000).fill(7);
  queue.push(long);
  long.fill(8);
  assert.equal(queue.peek(0)?.data[59_999], 7);
  queue.remove(queue.peek(0) as QueuedDatagram);
  queue.push(data(7));
  assert.ok([bound, free].includes(queue.peek(0)?.data));
});
