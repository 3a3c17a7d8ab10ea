import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concatBytes } from '@mpquic/wire';
import fc from 'fast-check';
import { BlockPool } from '../src/streams/block-pool.ts';
import { Reassembly } from '../src/streams/reassembly.ts';
import { ReceiveMemory } from '../src/streams/receive-memory.ts';
import { ReceiveStream } from '../src/streams/receive-stream.ts';
import { SourceViews } from '../src/streams/source-views.ts';
import { isTransportError } from './transport-error-check.ts';

function pattern(offset: number, length: number): Uint8Array {
  const octets = new Uint8Array(length);
  for (let i = 0; i < length; i++) octets[i] = ((offset + i) * 7 + ((offset + i) >>> 8)) & 255;
  return octets;
}

function create(window = 100_000): ReceiveStream {
  return new ReceiveStream(
    0,
    window,
    window,
    new ReceiveMemory(new BlockPool(), new SourceViews()),
  );
}

function receive(stream: ReceiveStream, offset: number, length: number, fin = false): number {
  return stream.receive(pattern(offset, length), 0, length, offset, fin, false);
}

function readAll(stream: ReceiveStream): { data: Uint8Array; fin: boolean } {
  const parts: Uint8Array[] = [];
  let fin = false;
  for (let chunk = stream.read(); chunk !== undefined; chunk = stream.read()) {
    parts.push(chunk.data);
    fin ||= chunk.fin;
  }
  return { data: concatBytes(...parts), fin };
}

test('states of a stream that arrives and is read, RFC 9000 §3.2', () => {
  const stream = create();
  assert.equal(stream.state, 'recv');
  assert.equal(stream.isReadable, false);
  assert.equal(receive(stream, 500, 500, true), 1000);
  assert.equal(stream.state, 'size_known');
  assert.equal(stream.read(), undefined);
  assert.equal(receive(stream, 0, 500), 0);
  assert.equal(stream.state, 'data_recvd');
  assert.deepEqual(readAll(stream), { data: pattern(0, 1000), fin: true });
  assert.equal(stream.state, 'data_read');
  assert.equal(stream.isTerminal, true);
  assert.equal(stream.read(), undefined);
});

test('FIN without octets behind data that was read', () => {
  const stream = create();
  receive(stream, 0, 10);
  assert.equal(readAll(stream).fin, false);
  receive(stream, 10, 0, true);
  assert.equal(stream.isReadable, true);
  assert.deepEqual(stream.read(), { data: new Uint8Array(0), fin: true });
  assert.equal(stream.isReadable, false);
});

test('octets in order that the caller gave away are not copied; few octets are', () => {
  const stream = create();
  const large = pattern(0, 2000);
  const small = pattern(2000, 100);
  stream.receive(large, 0, 2000, 0, false, true);
  stream.receive(small, 0, 100, 2000, false, true);
  assert.equal(stream.read()?.data.buffer, large.buffer);
  const copy = stream.read()?.data as Uint8Array;
  assert.notEqual(copy.buffer, small.buffer);
  assert.deepEqual(copy, small);
});

test('lent octets are copied together', () => {
  const stream = create();
  const lent = new Uint8Array(100);
  for (let i = 0; i < 20; i++) {
    lent.fill(i);
    stream.receive(lent, 0, 100, i * 100, false, false);
  }
  const chunk = stream.read() as { data: Uint8Array };
  assert.equal(chunk.data.length, 2000);
  for (let i = 0; i < 2000; i++) assert.equal(chunk.data[i], Math.floor(i / 100));
});

test('a final size that changes, or that data exceeds, is FINAL_SIZE_ERROR, RFC 9000 §4.5', () => {
  const known = (): ReceiveStream => {
    const stream = create();
    receive(stream, 0, 100, true);
    return stream;
  };
  const isFinalSizeError = isTransportError('FINAL_SIZE_ERROR');
  assert.throws(() => receive(known(), 100, 1), isFinalSizeError);
  assert.throws(() => receive(known(), 0, 99, true), isFinalSizeError);
  assert.throws(() => known().reset(0, 101), isFinalSizeError);
  assert.throws(() => known().reset(0, 99), isFinalSizeError);
  const stream = create();
  receive(stream, 0, 100);
  assert.throws(() => receive(stream, 0, 50, true), isFinalSizeError);
  assert.throws(() => stream.reset(0, 99), isFinalSizeError);
  const reset = create();
  reset.reset(0, 10);
  assert.throws(() => receive(reset, 10, 1), isFinalSizeError);
  assert.throws(() => reset.reset(0, 11), isFinalSizeError);
});

test('data beyond the window is FLOW_CONTROL_ERROR, RFC 9000 §4.1', () => {
  const stream = create(100);
  assert.equal(receive(stream, 50, 50), 100);
  assert.throws(() => receive(stream, 100, 1), isTransportError('FLOW_CONTROL_ERROR'));
  assert.throws(() => create(100).reset(0, 101), isTransportError('FLOW_CONTROL_ERROR'));
});

test('reading opens the window', () => {
  const stream = create(1000);
  receive(stream, 0, 600);
  assert.equal(stream.windowUpdateDue, false);
  readAll(stream);
  assert.equal(stream.windowUpdateDue, true);
  assert.equal(stream.windowUpdate(0, 1), 1600);
  assert.equal(stream.windowUpdateDue, false);
  stream.windowUpdateLost(1600);
  assert.equal(stream.windowUpdateDue, true);
  assert.equal(stream.takeConsumed(), 600);
  assert.equal(stream.takeConsumed(), 0);
  receive(stream, 600, 900, true);
  assert.equal(stream.windowUpdateDue, false, 'not once the size is known');
});

test('a reset drops what was not read, and gives its octets back to the connection, RFC 9000 §3.2', () => {
  const stream = create();
  receive(stream, 0, 100);
  receive(stream, 500, 100);
  assert.equal(stream.reset(42, 1000), 400);
  assert.equal(stream.state, 'reset_recvd');
  assert.equal(stream.resetCode, 42);
  assert.equal(stream.read(), undefined);
  assert.equal(stream.takeConsumed(), 1000);
  assert.equal(stream.isTerminal, false);
  stream.resetRead();
  assert.equal(stream.state, 'reset_read');
  assert.equal(stream.isTerminal, true);
  assert.equal(receive(stream, 100, 100), 0);
});

test('a reset behind the whole of the data is ignored, RFC 9000 §3.2', () => {
  const stream = create();
  receive(stream, 0, 100, true);
  stream.reset(42, 100);
  assert.equal(stream.state, 'data_recvd');
  assert.equal(readAll(stream).fin, true);
});

test('a reset before FIN counts, though all octets are there', () => {
  const stream = create();
  receive(stream, 0, 100);
  stream.reset(42, 100);
  assert.equal(stream.state, 'reset_recvd');
});

test('after STOP_SENDING octets are dropped as they come, RFC 9000 §3.5', () => {
  const stream = create();
  receive(stream, 0, 100);
  assert.equal(stream.stopSending(9), true);
  assert.equal(stream.stopSending(9), false);
  assert.deepEqual([stream.stopPending, stream.stopCode], [true, 9]);
  assert.equal(stream.takeConsumed(), 100);
  assert.equal(receive(stream, 200, 100), 200);
  assert.equal(stream.takeConsumed(), 200);
  assert.equal(stream.isReadable, false);
  stream.stopSent();
  stream.stopLost();
  assert.equal(stream.stopPending, true);
  stream.stopSent();
  stream.stopAcknowledged();
  stream.stopLost();
  assert.equal(stream.stopPending, false);
  assert.equal(stream.windowUpdateDue, false);
  receive(stream, 300, 10, true);
  assert.equal(stream.isTerminal, true);
  assert.equal(stream.takeConsumed(), 10);
});

test('STOP_SENDING is not owed once the end is known', () => {
  const stream = create();
  receive(stream, 0, 100, true);
  assert.equal(stream.stopSending(9), false);
  assert.equal(stream.stopPending, false);
  assert.equal(stream.isTerminal, true);
  assert.equal(stream.takeConsumed(), 100);
});

test('a one-octet frame at every other offset costs blocks, not objects', () => {
  const memory = new ReceiveMemory(new BlockPool(), new SourceViews(), 1000);
  const reassembly = new Reassembly(memory);
  for (let i = 0; i < 1000; i++) reassembly.write(pattern(2 * i + 1, 1), 0, 1, 2 * i + 1, false);
  assert.equal(memory.segments, 1000);
  assert.throws(
    () => reassembly.write(pattern(5001, 1), 0, 1, 5001, false),
    isTransportError('INTERNAL_ERROR'),
  );
});

test('gaps that close are given back to the cap of the connection', () => {
  const memory = new ReceiveMemory(new BlockPool(), new SourceViews(), 1000);
  const a = new Reassembly(memory);
  const b = new Reassembly(memory);
  for (let i = 1; i <= 10; i++) a.write(pattern(20 * i, 10), 0, 10, 20 * i, false);
  b.write(pattern(5, 5), 0, 5, 5, false);
  assert.equal(memory.segments, 11);
  assert.equal(a.hasGaps, true);
  a.write(pattern(0, 200), 0, 200, 0, false);
  assert.equal(memory.segments, 1);
  assert.equal(a.inOrderEnd, 210);
  assert.equal(a.hasGaps, false);
  b.discard();
  assert.equal(memory.segments, 0);
});

test('small frames in order make few pieces', () => {
  const reassembly = new Reassembly(new ReceiveMemory(new BlockPool(), new SourceViews()));
  for (let i = 0; i < 100_000; i++) reassembly.write(pattern(i, 1), 0, 1, i, true);
  let pieces = 0;
  let offset = 0;
  for (let data = reassembly.read(); data !== undefined; data = reassembly.read()) {
    pieces += 1;
    assert.deepEqual(data, pattern(offset, data.length));
    offset += data.length;
  }
  assert.equal(offset, 100_000);
  assert.ok(pieces < 10, `${pieces} pieces`);
});

const frames = fc.array(
  fc.record(
    {
      offset: fc.oneof(fc.nat(300), fc.nat(30_000)),
      length: fc.oneof(fc.nat(5), fc.nat(3000)),
      owned: fc.boolean(),
      read: fc.boolean(),
    },
    { noNullPrototype: true },
  ),
  { maxLength: 60 },
);

test('property: octets come out in order, once, and unchanged', () => {
  fc.assert(
    fc.property(frames, (list) => {
      const memory = new ReceiveMemory(new BlockPool(), new SourceViews());
      const stream = new ReceiveStream(0, 1e6, 1e6, memory);
      const seen = new Set<number>();
      let offset = 0;
      let highest = 0;
      const drain = (): void => {
        for (let chunk = stream.read(); chunk !== undefined; chunk = stream.read()) {
          assert.deepEqual(chunk.data, pattern(offset, chunk.data.length));
          offset += chunk.data.length;
        }
      };
      for (const frame of list) {
        // The frame lies somewhere in a packet, whose other octets must not leak.
        const packet = new Uint8Array(frame.length + 7).fill(255);
        packet.set(pattern(frame.offset, frame.length), 3);
        const growth = stream.receive(
          packet,
          3,
          3 + frame.length,
          frame.offset,
          false,
          frame.owned,
        );
        if (!frame.owned) packet.fill(0);
        const end = frame.offset + frame.length;
        assert.equal(growth, Math.max(0, end - highest));
        highest = Math.max(highest, end);
        for (let i = frame.offset; i < end; i++) seen.add(i);
        if (frame.read) drain();
      }
      drain();
      let inOrder = 0;
      while (seen.has(inOrder)) inOrder += 1;
      assert.equal(offset, inOrder);
      assert.equal(stream.takeConsumed(), inOrder);
      receive(stream, 0, 34_000, true);
      drain();
      assert.equal(offset, 34_000);
      assert.equal(stream.state, 'data_read');
      assert.equal(memory.segments, 0);
    }),
    { numRuns: 60 },
  );
});
