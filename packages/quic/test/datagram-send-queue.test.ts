import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DatagramCells, type QueuedDatagram } from '../src/streams/datagram-cells.ts';
import { DatagramSendQueue } from '../src/streams/datagram-send-queue.ts';

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

/** Whether a datagram stands where another one stood. */
function standsAt(datagram: QueuedDatagram | undefined, { source, start }: Place): boolean {
  return datagram?.source === source && datagram.start === start;
}

type Place = Pick<QueuedDatagram, 'source' | 'start'>;

function placeOf(datagram: QueuedDatagram | undefined): Place {
  const { source, start } = datagram as QueuedDatagram;
  return { source, start };
}

test('what waits is a copy, in memory that the next datagram takes once it was sent', () => {
  const cells = new DatagramCells();
  const queues = [new DatagramSendQueue(10, cells), new DatagramSendQueue(10, cells)] as const;
  const source = new Uint8Array(1200).fill(1);
  queues[0].push(source);
  source.fill(2);
  queues[1].push(source);
  const [first, second] = queues.map((queue) => queue.peek(0) as QueuedDatagram);
  assert.deepEqual([first?.data[1199], second?.data[1199]], [1, 2]);
  const place = placeOf(first);
  queues[0].remove(first as QueuedDatagram);
  source.fill(3);
  queues[1].push(source.subarray(0, 900));
  assert.equal(second?.data[0], 2);
  queues[1].remove(second as QueuedDatagram);
  const third = queues[1].peek(0);
  assert.ok(standsAt(third, place));
  assert.deepEqual([third?.length, third?.data], [900, source.subarray(0, 900)]);
});

test('memory comes back from datagrams that were dropped, and long ones have their own', () => {
  const queue = new DatagramSendQueue(2, new DatagramCells());
  queue.push(data(1), 5);
  queue.push(data(2));
  const bound = placeOf(queue.peek(5));
  queue.dropPath(5);
  queue.push(data(3));
  queue.push(data(4));
  assert.equal(queue.nextDropped(), 1);
  assert.equal(queue.nextDropped(), 2, 'beyond the limit');
  assert.ok(standsAt(queue.peek(0), bound));
  queue.clear();
  const long = new Uint8Array(60_000).fill(7);
  queue.push(long);
  long.fill(8);
  const datagram = queue.peek(0) as QueuedDatagram;
  assert.equal(datagram.data[59_999], 7);
  queue.remove(datagram);
  queue.push(data(7));
  queue.push(data(8));
  assert.ok(standsAt(queue.at(1), bound), 'given back last but one');
});

test('many that wait take blocks of memory of their own, most of which go with them', () => {
  const cells = new DatagramCells();
  const queue = new DatagramSendQueue(1000, cells);
  const blocks = new Set<Uint8Array>();
  for (let i = 0; i < 1000; i++) {
    queue.push(new Uint8Array(100).fill(i));
    blocks.add((queue.at(i) as QueuedDatagram).source);
  }
  assert.equal(blocks.size, Math.ceil(1000 / 32));
  for (let i = 0; i < 1000; i++) {
    const datagram = queue.peek(0) as QueuedDatagram;
    assert.deepEqual(datagram.data, new Uint8Array(100).fill(i));
    queue.remove(datagram);
  }
  const later = new Set<Uint8Array>();
  for (let i = 0; i < 1000; i++) {
    queue.push(data(1));
    later.add((queue.at(i) as QueuedDatagram).source);
  }
  const kept = [...later].filter((block) => blocks.has(block)).length;
  assert.ok(kept > 0 && kept <= 8, `${kept} blocks`);
});

test('that there is room again is told once, when half of what may wait is gone', () => {
  const queue = new DatagramSendQueue(4, new DatagramCells());
  for (let i = 0; i < 3; i++) queue.push(data(i));
  assert.equal(queue.room, 1);
  queue.remove(queue.peek(0) as QueuedDatagram);
  assert.equal(queue.takeWritable(), false, 'it was never full');
  for (let i = 0; i < 3; i++) queue.push(data(i));
  assert.deepEqual([queue.length, queue.room], [4, 0]);
  queue.remove(queue.peek(0) as QueuedDatagram);
  assert.equal(queue.takeWritable(), false);
  queue.remove(queue.peek(0) as QueuedDatagram);
  assert.deepEqual([queue.takeWritable(), queue.takeWritable()], [true, false]);
});
