import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LentOctets } from '@mpquic/quic';
import { Deferred } from '../src/deferred.ts';
import { QuicError } from '../src/errors.ts';
import type { QuicStream } from '../src/stream.ts';
import type { StreamConsumer } from '../src/stream-consumption.ts';
import type { StreamLink } from '../src/stream-link.ts';
import { StreamReceiver } from '../src/stream-receiver.ts';
import { until } from './loopback.ts';
import { connectPair, readAll } from './session-pair.ts';

/** A stream without a connection, whose octets all lie in one buffer. */
class Scene {
  readonly receiver: StreamReceiver;
  readonly consumed: number[] = [];
  stopped = 0;
  #start = 0;
  #end = 0;
  #fin = false;
  readonly #source = new Uint8Array(100);

  constructor() {
    const link: Partial<StreamLink> = {
      peek: (into: LentOctets) => {
        into.source = this.#source;
        into.start = this.#start;
        into.end = this.#end;
        return this.#end > this.#start || this.#fin;
      },
      consume: (octets: number) => {
        this.consumed.push(octets);
        this.#start += octets;
        return this.#fin && this.#start === this.#end;
      },
      stopSending: () => {
        this.stopped += 1;
      },
    };
    this.receiver = new StreamReceiver(link as StreamLink);
  }

  arrive(octet: number, fin = false): void {
    this.#source[this.#end++] = octet;
    this.#fin = fin;
    this.receiver.readable();
  }

  end(): void {
    this.#fin = true;
    this.receiver.readable();
  }
}

function collect(into: number[][]): StreamConsumer {
  return (source, start, end) => {
    into.push([...source.subarray(start, end)]);
  };
}

test('octets are handed on at once, those that were there before together', async () => {
  const scene = new Scene();
  const seen: number[][] = [];
  scene.arrive(1);
  scene.arrive(2);
  const over = scene.receiver.consumeAll(collect(seen));
  assert.deepEqual(seen, [[1, 2]]);
  scene.arrive(3);
  assert.deepEqual(seen, [[1, 2], [3]]);
  scene.end();
  await over;
  assert.deepEqual(seen, [[1, 2], [3]], 'the end alone is not handed on');
  assert.deepEqual(scene.consumed, [2, 1, 0]);
  assert.equal(scene.receiver.bytesRead, 3);
});

test('a consumer that answers with a promise has the octets until it settles, and no others', async () => {
  const scene = new Scene();
  const turns: Deferred<void>[] = [];
  const seen: number[][] = [];
  const over = scene.receiver.consumeAll((source, start, end) => {
    seen.push([...source.subarray(start, end)]);
    turns.push(new Deferred());
    return turns.at(-1)?.promise;
  });
  scene.arrive(1);
  scene.arrive(2);
  assert.deepEqual([seen, scene.consumed], [[[1]], []]);
  turns[0]?.resolve();
  await until(() => turns.length === 2, 'its second turn');
  assert.deepEqual([seen, scene.consumed], [[[1], [2]], [1]]);
  scene.end();
  turns[1]?.resolve();
  await over;
  assert.deepEqual(scene.consumed, [1, 1]);
});

test('a consumer that fails, now or later, stops the stream and ends the reading with its error', async () => {
  const failure = new Error('no room');
  const failing: StreamConsumer[] = [
    () => {
      throw failure;
    },
    () => Promise.reject(failure),
  ];
  for (const consumer of failing) {
    const scene = new Scene();
    const over = scene.receiver.consumeAll(consumer);
    scene.arrive(1);
    await assert.rejects(over, failure);
    scene.arrive(2);
    assert.deepEqual([scene.stopped, scene.consumed], [1, []]);
  }
});

test('a failure of the stream ends the reading, also while the consumer is busy', async () => {
  const scene = new Scene();
  const turn = new Deferred<void>();
  let calls = 0;
  const over = scene.receiver.consumeAll(() => {
    calls += 1;
    return turn.promise;
  });
  scene.arrive(1);
  const failure = new Error('reset');
  scene.receiver.fail(failure);
  await assert.rejects(over, failure);
  turn.resolve();
  await turn.promise;
  scene.arrive(2);
  assert.deepEqual([calls, scene.consumed, scene.stopped], [1, [], 0]);
});

test('a consumer that gives up within its call is not called again', async () => {
  const scene = new Scene();
  const enough = new Error('enough');
  let calls = 0;
  scene.arrive(1);
  const over = scene.receiver.consumeAll(() => {
    calls += 1;
    scene.receiver.stop(0, enough);
  });
  await assert.rejects(over, enough);
  scene.arrive(2);
  assert.deepEqual([calls, scene.stopped, scene.consumed], [1, 1, []]);
});

function pattern(length: number, seed: number): Uint8Array {
  const octets = new Uint8Array(length);
  for (let i = 0; i < length; i++) octets[i] = (i * 31 + (i >>> 8) + seed) & 255;
  return octets;
}

test('several streams at once: every octet, in order, and the memory of those before', async () => {
  const size = 1_000_000;
  const pair = await connectPair({
    onsession: (session) => {
      session.onstream = async (stream) => {
        const [seed] = await readAll(stream);
        stream.setBody(pattern(size, seed as number));
      };
    },
  });
  const sources = new Set<ArrayBufferLike>();
  const download = async (seed: number): Promise<void> => {
    const stream = await pair.client.createBidirectionalStream({ body: Uint8Array.of(seed) });
    const expected = Buffer.from(pattern(size, seed));
    let at = 0;
    await stream.consume((source, start, end) => {
      sources.add(source.buffer);
      const count = end - start;
      assert.equal(expected.compare(source, start, end, at, at + count), 0, `octets from ${at}`);
      at += count;
    });
    assert.equal(at, size);
    assert.equal(stream.stats.bytesReceived, BigInt(size));
    await stream.closed;
  };
  await Promise.all([1, 2, 3, 4].map(download));
  await pair.close();
});

test('who keeps octets longer than lent finds others there', async () => {
  const pair = await connectPair({
    onsession: (session) => {
      session.onstream = (stream) => {
        stream.setBody(
          (async function* () {
            for (let i = 0; i < 60; i++) yield new Uint8Array(100_000).fill(i);
          })(),
        );
      };
    },
  });
  const stream = await pair.client.createBidirectionalStream({ body: 'all' });
  const kept: { readonly octets: Uint8Array; readonly copy: Uint8Array }[] = [];
  await stream.consume((source, start, end) => {
    const octets = source.subarray(start, end);
    kept.push({ octets, copy: octets.slice() });
  });
  const total = kept.reduce((sum, { copy }) => sum + copy.length, 0);
  assert.equal(total, 6_000_000, 'copies are complete');
  const changed = kept.filter(({ octets, copy }) => Buffer.compare(octets, copy) !== 0);
  assert.ok(changed.length > 0, 'the memory has served again');
  await pair.close();
});

test('a busy consumer holds the writer back', async () => {
  const window = 1 << 17;
  const pair = await connectPair({
    client: { connection: { streamSendBufferLimit: window } },
    server: { transportParams: { initialMaxData: window, initialMaxStreamDataBidiRemote: window } },
  });
  const turn = new Deferred<void>();
  let calls = 0;
  let received = 0;
  pair.server.onstream = (stream) =>
    stream.consume((_source, start, end) => {
      calls += 1;
      received += end - start;
      return calls === 1 ? turn.promise : undefined;
    });
  const stream = await pair.client.createBidirectionalStream();
  let written = 0;
  const size = 4 << 20;
  const writing = (async () => {
    const chunk = new Uint8Array(1 << 16);
    for (; written < size; written += chunk.length) await stream.writer.write(chunk);
    await stream.writer.end();
  })();
  await until(() => calls === 1 && written >= window, 'the window is full');
  assert.ok(written <= 2 * window + (1 << 16), `${written} octets were taken`);
  assert.equal(calls, 1);
  turn.resolve();
  await writing;
  await until(() => received === size, 'all octets');
  await pair.close();
});

test('a reset of the peer rejects; a consumer that throws sends STOP_SENDING', async () => {
  const pair = await connectPair();
  const accepted: QuicStream[] = [];
  pair.server.onstream = (stream) => accepted.push(stream);
  const stream = await pair.client.createBidirectionalStream();
  await stream.writer.write(Uint8Array.of(1));
  await until(() => accepted.length === 1, 'the stream');
  const peer = accepted[0] as QuicStream;
  const resetSeen = assert.rejects(
    stream.consume(() => undefined),
    (error) => error instanceof QuicError && error.errorCode === 9n,
  );
  peer.resetStream(9);
  await resetSeen;
  const stopped = new Deferred<void>();
  stream.onreset = () => stopped.resolve();
  await assert.rejects(
    peer.consume(() => {
      throw new Error('no room');
    }),
    /no room/,
  );
  await stopped.promise;
  await pair.close();
});

test('a stream has one reader, and one that only this side writes has nothing to read', async () => {
  const pair = await connectPair();
  const stream = await pair.client.createBidirectionalStream();
  const reading = stream.consume(() => undefined);
  await assert.rejects(
    stream.consume(() => undefined),
    { code: 'ERR_INVALID_STATE' },
  );
  await assert.rejects(stream[Symbol.asyncIterator]().next(), { code: 'ERR_INVALID_STATE' });
  const own = await pair.client.createUnidirectionalStream();
  await own.consume(() => assert.fail('nothing arrives'));
  const ended = assert.rejects(reading);
  await pair.close();
  await ended;
});
