import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DatagramReceiveQueue } from '../src/streams/datagram-receive-queue.ts';
import { DatagramBatches, type ReceivedDatagrams } from '../src/streams/received-datagrams.ts';

function arrive(queue: DatagramReceiveQueue, data: Uint8Array, early = false): void {
  const batch = queue.batchFor(data.length, early);
  batch.octets.set(data, batch.add(data.length));
  queue.added(1);
}

const data = (value: number, length = 1): Uint8Array => new Uint8Array(length).fill(value);

function contents(batch: ReceivedDatagrams | undefined): Uint8Array[] {
  assert.ok(batch);
  return Array.from({ length: batch.length }, (_, i) => {
    const start = batch.startOf(i);
    const octets = batch.octets.slice(start, start + batch.lengthOf(i));
    assert.deepEqual(batch.at(i), octets);
    return octets;
  });
}

test('what arrives beyond the limit pushes the oldest out', () => {
  const queue = new DatagramReceiveQueue(2, new DatagramBatches());
  for (let i = 0; i < 5; i++) arrive(queue, data(i), i < 4);
  assert.equal(queue.length, 2);
  assert.equal(queue.nextIsEarly, true, 'the one that is left of four');
  assert.equal(queue.dropped, 3);
  assert.deepEqual([queue.next(), queue.next(), queue.next()], [data(3), data(4), undefined]);
});

test('the cap holds over many batches, and for those that are taken by the batch', () => {
  const queue = new DatagramReceiveQueue(1000, new DatagramBatches());
  for (let i = 0; i < 5000; i++) arrive(queue, data(i, 1400));
  assert.deepEqual([queue.length, queue.dropped], [1000, 4000]);
  let expected = 4000;
  for (let batch = queue.nextBatch(); batch !== undefined; batch = queue.nextBatch()) {
    for (const octets of contents(batch)) assert.equal(octets[0], expected++ & 0xff);
  }
  assert.deepEqual([expected, queue.length], [5000, 0]);
});

test('a batch is lent until the next is taken; then its memory serves again, with the same views', () => {
  const queue = new DatagramReceiveQueue(100, new DatagramBatches());
  const places: Uint8Array[] = [];
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 5; i++) arrive(queue, data(10 * round + i, 1200));
    const batch = queue.nextBatch() as ReceivedDatagrams;
    const views = [0, 1, 2, 3, 4].map((i) => batch.at(i));
    arrive(queue, data(99, 1200));
    assert.deepEqual(
      views.map((view) => view[1199]),
      [0, 1, 2, 3, 4].map((i) => 10 * round + i),
      'what comes meanwhile stands elsewhere',
    );
    places.push(...views);
    assert.equal(queue.nextBatch()?.length, 1);
    assert.equal(queue.nextBatch(), undefined);
  }
  assert.ok(new Set(places).size < 15, 'views are made once');
});

test('what is kept is never written over, and the rest of its memory serves on', () => {
  const queue = new DatagramReceiveQueue(100, new DatagramBatches());
  const kept: Uint8Array[] = [];
  for (let i = 0; i < 40; i++) {
    arrive(queue, data(i, 1000));
    if (i % 2 === 0) {
      kept.push(queue.next() as Uint8Array);
      continue;
    }
    const batch = queue.nextBatch() as ReceivedDatagrams;
    kept.push(batch.at(0));
    batch.keep();
    assert.equal(queue.nextBatch(), undefined);
  }
  for (const [i, octets] of kept.entries()) assert.deepEqual(octets, data(i, 1000));
  assert.equal(new Set(kept.map(({ buffer }) => buffer)).size, 2, '32 of them in a memory');
});

test('datagrams of any length come out as they went in, by either way', () => {
  const lengths = fc.oneof(fc.nat(1500), fc.constantFrom(0, 16_384, 16_385, 65_000));
  fc.assert(
    fc.property(
      fc.array(fc.record({ length: lengths, early: fc.boolean(), take: fc.nat(2) })),
      (steps) => {
        const queue = new DatagramReceiveQueue(1000, new DatagramBatches());
        const expected: number[][] = [];
        const seen: number[][] = [];
        const kept: [Uint8Array, number][] = [];
        const see = (octets: Uint8Array): void => {
          assert.ok(octets.every((octet) => octet === octets[0]));
          seen.push([octets.length, octets[0] ?? -1]);
        };
        steps.forEach(({ length, early, take }, i) => {
          arrive(queue, data(i & 0xff, length), early);
          expected.push([length, length === 0 ? -1 : i & 0xff]);
          if (take === 1) for (const octets of contents(queue.nextBatch())) see(octets);
          if (take !== 2) return;
          const next = queue.next();
          if (next === undefined) return;
          see(next);
          kept.push([next, next[0] ?? -1]);
        });
        for (let b = queue.nextBatch(); b !== undefined; b = queue.nextBatch()) {
          for (const octets of contents(b)) see(octets);
        }
        assert.deepEqual(seen, expected);
        for (const [octets, value] of kept) assert.ok(octets.every((octet) => octet === value));
      },
    ),
    { numRuns: 60 },
  );
});
