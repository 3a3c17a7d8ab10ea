import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DatagramSocket } from '@mpquic/endpoint';
import type { Transmit } from '@mpquic/wire';
import { TargetBatch } from '../src/target-batch.ts';

/** Notes what it is asked to send: the sizes of the datagrams of each run. */
class NotingSocket implements DatagramSocket {
  readonly local = { host: '127.0.0.1', port: 1 };
  readonly remote = { host: '127.0.0.1', port: 2 };
  readonly congested = false;
  readonly marksEcn = false;
  readonly forbidsFragmentation = false;
  readonly counters = {
    datagramsSent: 0,
    bytesSent: 0,
    datagramsReceived: 0,
    bytesReceived: 0,
    datagramsDropped: 0,
    sendErrors: 0,
  };
  readonly runs: number[][] = [];
  readonly #keeps: boolean;
  readonly kept: Uint8Array[] = [];

  constructor(keeps = false) {
    this.#keeps = keeps;
  }

  adopt(): never {
    return assert.fail();
  }

  send({ buffer, start, length, segmentSize, datagrams, remote }: Transmit): boolean {
    assert.equal(remote, this.remote);
    const sizes: number[] = [];
    for (let left = length; sizes.length < datagrams; left -= segmentSize) {
      sizes.push(Math.min(segmentSize, left));
    }
    this.runs.push(sizes);
    this.kept.push(buffer.subarray(start, start + length));
    return !this.#keeps;
  }

  async close(): Promise<void> {}
}

test('what comes in one go leaves in one run, at the end of the turn', async () => {
  const socket = new NotingSocket();
  const batch = new TargetBatch({ now: () => 5 });
  for (let i = 0; i < 3; i++) batch.add(socket, new Uint8Array(1200));
  assert.deepEqual(socket.runs, [], 'the turn is not over');
  await Promise.resolve();
  assert.deepEqual(socket.runs, [[1200, 1200, 1200]]);
  batch.add(socket, new Uint8Array(7));
  await Promise.resolve();
  assert.deepEqual(socket.runs.at(-1), [7]);
});

test('a run has one size but for its last datagram, one socket, and a limit', async () => {
  const [one, other] = [new NotingSocket(), new NotingSocket()];
  const batch = new TargetBatch({ now: () => 5 });
  for (const size of [100, 100, 50, 100, 200, 0, 0, 1]) batch.add(one, new Uint8Array(size));
  batch.add(other, new Uint8Array(100));
  batch.add(one, new Uint8Array(65_507));
  batch.add(one, new Uint8Array(100));
  await Promise.resolve();
  assert.deepEqual(one.runs, [[100, 100, 50], [100], [200], [0], [0], [1], [65_507], [100]]);
  assert.deepEqual(other.runs, [[100]]);
  for (let i = 0; i < 100; i++) batch.add(one, Uint8Array.of(i));
  batch.flushTo(other);
  batch.flushTo(one);
  assert.deepEqual(
    one.runs.slice(-2).map(({ length }) => length),
    [60, 40],
  );
  assert.deepEqual([...(one.kept.at(-1) ?? [])].slice(0, 3), [60, 61, 62]);
});

test('a socket that keeps the octets keeps them unchanged', async () => {
  const socket = new NotingSocket(true);
  const batch = new TargetBatch({ now: () => 5 });
  batch.add(socket, Uint8Array.of(1, 1));
  await Promise.resolve();
  batch.add(socket, Uint8Array.of(2, 2));
  await Promise.resolve();
  assert.deepEqual(
    socket.kept.map((octets) => [...octets]),
    [
      [1, 1],
      [2, 2],
    ],
  );
});
