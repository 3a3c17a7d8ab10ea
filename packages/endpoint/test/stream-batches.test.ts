import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StreamChunk } from '@mpquic/quic';
import { StreamBatches } from '../src/stream-batches.ts';
import type { StreamLink } from '../src/stream-link.ts';
import { StreamReceiver } from '../src/stream-receiver.ts';

const DONE = { value: undefined, done: true };

/** A stream without a connection, and the reader of it. */
class Scene {
  readonly receiver: StreamReceiver;
  readonly batches: StreamBatches;
  left = 0;
  opened = 0;
  readonly #chunks: StreamChunk[] = [];

  constructor() {
    const link: Partial<StreamLink> = { read: () => this.#chunks.shift() };
    this.receiver = new StreamReceiver(link as StreamLink);
    const open = (): StreamReceiver => {
      this.opened += 1;
      return this.receiver;
    };
    this.batches = new StreamBatches(open, () => {
      this.left += 1;
    });
  }

  arrive(octet: number, fin = false): void {
    this.#chunks.push({ data: Uint8Array.of(octet), fin });
    this.receiver.readable();
  }
}

test('batches come as they arrive, and then the end for ever', async () => {
  const scene = new Scene();
  scene.arrive(1);
  scene.arrive(2);
  const seen: number[][] = [];
  for await (const chunks of scene.batches) {
    seen.push(chunks.map(([octet]) => octet as number));
    if (seen.length < 3) setImmediate(() => scene.arrive(2 + seen.length, seen.length === 2));
  }
  assert.deepEqual(seen, [[1, 2], [3], [4]]);
  assert.deepEqual(await scene.batches.next(), DONE);
  assert.equal(scene.left, 0);
  assert.equal(scene.opened, 1);
});

test('who leaves early is told of once, and who never began is not', async () => {
  const scene = new Scene();
  scene.arrive(1);
  for await (const chunks of scene.batches) {
    assert.equal(chunks.length, 1);
    break;
  }
  assert.equal(scene.left, 1);
  assert.deepEqual(await scene.batches.return(), DONE);
  assert.equal(scene.left, 1);
  const other = new Scene();
  assert.deepEqual(await other.batches.return(), DONE);
  assert.deepEqual([other.left, other.opened], [0, 0]);
});

test('a failure rejects once, whether it is waited for or there already', async () => {
  for (const waits of [true, false]) {
    const scene = new Scene();
    const failure = new Error('reset');
    const next = waits ? scene.batches.next() : undefined;
    scene.receiver.closed.promise.catch(() => undefined);
    scene.receiver.fail(failure);
    await assert.rejects(next ?? scene.batches.next(), failure);
    assert.deepEqual(await scene.batches.next(), DONE);
    assert.equal(scene.left, 0);
  }
});

test('batches asked for before they are there: each is given once', async () => {
  const scene = new Scene();
  const asked = [scene.batches.next(), scene.batches.next(), scene.batches.next()];
  scene.arrive(1);
  await asked[0];
  scene.arrive(2, true);
  const answers = await Promise.all(asked);
  const octets = answers.map(({ value }) => value?.map(([octet]) => octet));
  assert.deepEqual(octets, [[1], [2], undefined]);
});

test('what cannot be begun, or is thrown in, rejects and ends it', async () => {
  const refusal = new Error('the stream is being read already');
  const refused = new StreamBatches(
    () => {
      throw refusal;
    },
    () => assert.fail('nothing was begun'),
  );
  await assert.rejects(refused.next(), refusal);
  assert.deepEqual(await refused.next(), DONE);
  const scene = new Scene();
  const waiting = scene.batches.next();
  await assert.rejects(scene.batches.throw(refusal), refusal);
  scene.arrive(1, true);
  assert.deepEqual(await waiting, DONE);
  assert.equal(scene.left, 1);
});
