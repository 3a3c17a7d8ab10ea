import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { LentOctets } from '../src/contract.ts';
import { BlockPool } from '../src/streams/block-pool.ts';
import { ReceiveMemory } from '../src/streams/receive-memory.ts';
import { ReceiveStream } from '../src/streams/receive-stream.ts';
import { SourceViews } from '../src/streams/source-views.ts';
import { ScriptedPeer, streamFrame } from './scripted-peer.ts';

const LARGEST_CHUNK = 64 * 1024;

const pattern = (offset: number, length: number): Uint8Array =>
  new Uint8Array(length).map(
    (_, i) => ((offset + i) * 7 + ((offset + i) >>> 8) + ((offset + i) >>> 16)) & 255,
  );

function create(window = 100_000): ReceiveStream {
  return new ReceiveStream(
    0,
    window,
    window,
    new ReceiveMemory(new BlockPool(), new SourceViews()),
  );
}

function receive(stream: ReceiveStream, offset: number, length: number, fin = false): void {
  stream.receive(pattern(offset, length), 0, length, offset, fin, false);
}

function nothing(): LentOctets {
  return { source: new Uint8Array(0), start: 0, end: 0 };
}

function octetsOf({ source, start, end }: LentOctets): Uint8Array {
  return source.subarray(start, end);
}

test('octets that are shown stay until they are consumed, in parts or whole', () => {
  const stream = create();
  const lent = nothing();
  assert.equal(stream.peek(lent), false);
  receive(stream, 0, 100);
  for (let i = 0; i < 2; i++) {
    assert.equal(stream.peek(lent), true);
    assert.deepEqual(octetsOf(lent), pattern(0, 100));
  }
  assert.equal(stream.takeConsumed(), 0);
  assert.equal(stream.consume(30), false);
  assert.equal(stream.takeConsumed(), 30);
  assert.equal(stream.peek(lent), true);
  assert.deepEqual(octetsOf(lent), pattern(30, 70));
  assert.equal(stream.consume(1000), false);
  assert.equal(stream.takeConsumed(), 70, 'no more than were shown');
  assert.equal(stream.isReadable, false);
});

test('only what is consumed opens the window', () => {
  const stream = create(1000);
  receive(stream, 0, 600);
  assert.equal(stream.peek(nothing()), true);
  assert.equal(stream.windowUpdateDue, false);
  stream.consume(600);
  assert.equal(stream.windowUpdateDue, true);
  assert.equal(stream.windowUpdate(0, 1), 1600);
});

test('the end of a stream: with the last octets, behind them, and while they are lent', () => {
  const together = create();
  receive(together, 0, 10, true);
  assert.equal(together.consume(9), false);
  assert.equal(together.consume(1), true);
  assert.equal(together.state, 'data_read');
  const behind = create();
  const lent = nothing();
  receive(behind, 0, 10);
  assert.equal(behind.consume(10), false);
  receive(behind, 10, 0, true);
  assert.equal(behind.peek(lent), true);
  assert.equal(lent.end - lent.start, 0);
  assert.equal(behind.consume(0), true);
  assert.equal(behind.peek(lent), false);
  const meanwhile = create();
  receive(meanwhile, 0, 10);
  assert.equal(meanwhile.peek(lent), true);
  receive(meanwhile, 10, 0, true);
  assert.equal(meanwhile.consume(10), true);
});

test('octets that are lent while the stream is reset or stopped count once', () => {
  const endings = [
    (stream: ReceiveStream): unknown => stream.reset(9, 300),
    (stream: ReceiveStream): unknown => stream.stopSending(9),
  ];
  for (const end of endings) {
    const stream = create();
    const lent = nothing();
    receive(stream, 0, 300);
    assert.equal(stream.peek(lent), true);
    end(stream);
    assert.deepEqual(octetsOf(lent), pattern(0, 300), 'they are still lent');
    assert.equal(stream.takeConsumed(), 300);
    assert.equal(stream.consume(300), false);
    assert.equal(stream.takeConsumed(), 0);
    assert.equal(stream.peek(lent), false);
  }
});

test('the memory of octets serves again once they are consumed, and not before', () => {
  const stream = create(1e8);
  const lent = nothing();
  let arrived = 0;
  const arrive = (): void => {
    receive(stream, arrived, 8192);
    arrived += 8192;
  };
  const sources = new Set<ArrayBufferLike>();
  for (let i = 0; i < 200; i++) {
    arrive();
    while (stream.peek(lent)) {
      sources.add(lent.source.buffer);
      stream.consume(lent.end - lent.start);
    }
  }
  assert.ok(sources.size < 10, `${sources.size} buffers for 1.6 MB`);
  arrive();
  assert.equal(stream.peek(lent), true);
  const held = octetsOf(lent);
  const before = held.slice();
  for (let i = 0; i < 40; i++) arrive();
  assert.deepEqual(held, before, 'who has not consumed yet keeps what was shown');
  while (stream.peek(lent)) stream.consume(lent.end - lent.start);
  for (let i = 0; i < 40; i++) arrive();
  assert.notDeepEqual(held, before, 'who keeps them longer finds others there');
});

test('blocks of octets out of order serve again once they are consumed', () => {
  const stream = create(100 * LARGEST_CHUNK);
  const lent = nothing();
  const sources = new Set<ArrayBufferLike>();
  const size = LARGEST_CHUNK / 4;
  for (let offset = 0; offset < 30 * LARGEST_CHUNK; offset += 2 * size) {
    receive(stream, offset + size, size);
    receive(stream, offset, size);
    for (let read = offset; stream.peek(lent); read += lent.end - lent.start) {
      sources.add(lent.source.buffer);
      assert.deepEqual(octetsOf(lent), pattern(read, lent.end - lent.start));
      stream.consume(lent.end - lent.start);
    }
  }
  assert.ok(sources.size < 12, `${sources.size} buffers for 30 times as much`);
});

const steps = fc.array(
  fc.record({ offset: fc.nat(30_000), length: fc.nat(3000), take: fc.nat(4000) }),
  { maxLength: 60 },
);

test('property: octets are shown in order, once, and unchanged, however they are consumed', () => {
  fc.assert(
    fc.property(steps, (list) => {
      const stream = create(1e6);
      const lent = nothing();
      let offset = 0;
      let consumed = 0;
      for (const { offset: at, length, take } of list) {
        receive(stream, at, length);
        if (!stream.peek(lent)) continue;
        assert.deepEqual(octetsOf(lent), pattern(offset, lent.end - lent.start));
        offset += Math.min(take, lent.end - lent.start);
        stream.consume(take);
        consumed += stream.takeConsumed();
        assert.equal(consumed, offset);
      }
    }),
  );
});

test('a connection announces octets anew when they are consumed, not when they are shown', () => {
  const peer = new ScriptedPeer('client').establish();
  const { connection } = peer;
  const lent = nothing();
  for (let sent = 0; sent < 200_000; sent += 1000) {
    peer.write([streamFrame(0, pattern(sent, 1000), sent)]);
  }
  assert.equal(connection.peekStream(0, lent), true);
  peer.wantNo('nothing is consumed', 'max_stream_data');
  let read = 0;
  for (; connection.peekStream(0, lent); read += lent.end - lent.start) {
    assert.deepEqual(octetsOf(lent), pattern(read, lent.end - lent.start));
    assert.equal(connection.consumeStream(0, lent.end - lent.start), false);
  }
  assert.equal(read, 200_000);
  assert.ok(peer.wantFrame('all is consumed', 'max_stream_data').maximum >= 400_000);
  assert.equal(connection.peekStream(4, lent), false, 'a stream that does not exist');
  assert.equal(connection.consumeStream(4, 10), false);
});
