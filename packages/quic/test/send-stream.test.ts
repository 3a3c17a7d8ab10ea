import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from '@mpquic/wire';
import fc from 'fast-check';
import { SendBuffer } from '../src/streams/send-buffer.ts';
import { SendStream } from '../src/streams/send-stream.ts';

interface TakenFrame {
  readonly offset: number;
  readonly data: Uint8Array;
  readonly fin: boolean;
}

const pattern = (offset: number, length: number): Uint8Array =>
  new Uint8Array(length).map((_, i) => ((offset + i) * 7 + ((offset + i) >>> 8)) & 255);

/** The next frame of at most `room` octets, or undefined. */
function take(stream: SendStream, room: number, credit = 1e9): TakenFrame | undefined {
  if (!stream.prepare(room, credit)) return undefined;
  const data = new Uint8Array(stream.frameLength);
  stream.copyFrame(data, 0);
  const frame = { offset: stream.frameOffset, data, fin: stream.frameFin };
  assert.equal(stream.frameStart, frame.offset);
  stream.commit();
  return frame;
}

test('states of a stream that is sent and acknowledged, RFC 9000 §3.1', () => {
  const stream = new SendStream(0, 1e6, 1e6);
  assert.equal(stream.state, 'ready');
  assert.equal(stream.hasFrame, false);
  assert.equal(stream.write(pattern(0, 1000), true), 1000);
  assert.equal(stream.hasFrame, true);
  assert.deepEqual(take(stream, 600), { offset: 0, data: pattern(0, 600), fin: false });
  assert.equal(stream.state, 'send');
  assert.deepEqual(take(stream, 600), { offset: 600, data: pattern(600, 400), fin: true });
  assert.equal(stream.state, 'data_sent');
  assert.equal(take(stream, 600), undefined);
  stream.acknowledge({ offset: 600, length: 400, fin: true });
  assert.equal(stream.state, 'data_sent');
  stream.acknowledge({ offset: 0, length: 600, fin: false });
  assert.equal(stream.state, 'data_recvd');
  assert.equal(stream.isTerminal, true);
  assert.equal(stream.buffered, 0);
});

test('FIN alone, and again when it was lost', () => {
  const stream = new SendStream(0, 0, 100);
  stream.write(new Uint8Array(0), true);
  assert.deepEqual(take(stream, 0), { offset: 0, data: new Uint8Array(0), fin: true });
  assert.equal(take(stream, 10), undefined);
  stream.lose({ offset: 0, length: 0, fin: true });
  assert.equal(stream.state, 'send');
  assert.deepEqual(take(stream, 0), { offset: 0, data: new Uint8Array(0), fin: true });
  stream.acknowledge({ offset: 0, length: 0, fin: true });
  stream.lose({ offset: 0, length: 0, fin: true });
  assert.equal(take(stream, 10), undefined, 'a late loss changes nothing');
  assert.equal(stream.isTerminal, true);
});

test('lost octets are sent again before new ones, without credit', () => {
  const stream = new SendStream(0, 2000, 1e6);
  stream.write(pattern(0, 3000), false);
  take(stream, 1000);
  take(stream, 1000);
  assert.equal(take(stream, 1000), undefined, 'the stream limit');
  stream.lose({ offset: 0, length: 1000, fin: false });
  assert.equal(stream.needsConnectionCredit, false);
  assert.deepEqual(take(stream, 700, 0), { offset: 0, data: pattern(0, 700), fin: false });
  assert.deepEqual(take(stream, 700, 0), { offset: 700, data: pattern(700, 300), fin: false });
  stream.raiseLimit(2500);
  assert.deepEqual(take(stream, 1000), { offset: 2000, data: pattern(2000, 500), fin: false });
});

test('what was acknowledged meanwhile is not sent again', () => {
  const stream = new SendStream(0, 1e6, 1e6);
  stream.write(pattern(0, 3000), false);
  take(stream, 3000);
  stream.acknowledge({ offset: 1000, length: 500, fin: false });
  stream.lose({ offset: 0, length: 3000, fin: false });
  stream.acknowledge({ offset: 2500, length: 100, fin: false });
  const again = [take(stream, 5000), take(stream, 5000), take(stream, 5000)];
  assert.deepEqual(
    again.map((frame) => frame && [frame.offset, frame.data.length]),
    [
      [0, 1000],
      [1500, 1000],
      [2600, 400],
    ],
  );
});

test('the connection credit limits new octets', () => {
  const stream = new SendStream(0, 1e6, 1e6);
  stream.write(pattern(0, 1000), true);
  assert.equal(stream.needsConnectionCredit, true);
  assert.equal(stream.prepare(1000, 0), false);
  assert.equal(stream.prepare(1000, 300), true);
  assert.equal(stream.frameFin, false);
  assert.equal(stream.commit(), 300);
  stream.lose({ offset: 0, length: 300, fin: false });
  stream.prepare(1000, 0);
  assert.equal(stream.commit(), 0, 'no credit for octets sent again');
});

test('the buffer has a cap, and says when it has room again', () => {
  const stream = new SendStream(0, 1e6, 1000);
  assert.equal(stream.write(pattern(0, 900), false), 900);
  assert.equal(stream.takeWritable(), false);
  assert.equal(stream.write(pattern(900, 900), true), 100);
  assert.equal(stream.write(pattern(1000, 800), true), 0);
  take(stream, 400);
  assert.equal(stream.takeWritable(), false);
  take(stream, 100);
  assert.equal(stream.takeWritable(), true);
  assert.equal(stream.takeWritable(), false);
  assert.equal(stream.write(pattern(1000, 600), true), 500);
  assert.equal(stream.buffered, 1500, 'what was sent stays until acknowledged');
});

test('writing behind the end is the caller error', () => {
  const stream = new SendStream(0, 1e6, 1000);
  stream.write(pattern(0, 10), true);
  assert.throws(() => stream.write(pattern(0, 1), false), UsageError);
  assert.equal(stream.write(new Uint8Array(0), true), 0);
});

test('STREAM_DATA_BLOCKED once per limit, RFC 9000 §4.1', () => {
  const stream = new SendStream(0, 100, 1e6);
  stream.write(pattern(0, 200), false);
  assert.equal(stream.takeBlocked(), undefined);
  take(stream, 1000);
  assert.equal(stream.hasFrame, false);
  assert.equal(stream.takeBlocked(), 100);
  assert.equal(stream.takeBlocked(), undefined);
  stream.blockedLost(100);
  assert.equal(stream.takeBlocked(), 100);
  stream.raiseLimit(150);
  assert.equal(stream.hasFrame, true);
  stream.blockedLost(100);
  assert.equal(stream.takeBlocked(), undefined);
});

test('a reset stops data and is owed until acknowledged, RFC 9000 §3.1', () => {
  const stream = new SendStream(0, 1e6, 1e6);
  stream.write(pattern(0, 3000), true);
  take(stream, 1000);
  assert.equal(stream.reset(7), true);
  assert.equal(stream.reset(8), false);
  assert.deepEqual([stream.resetCode, stream.finalSize, stream.resetPending], [7, 1000, true]);
  assert.equal(stream.state, 'reset_sent');
  assert.equal(stream.hasFrame, false);
  assert.equal(take(stream, 1000), undefined);
  assert.equal(stream.write(pattern(0, 10), false), 0);
  stream.resetSent();
  assert.equal(stream.resetPending, false);
  stream.lose({ offset: 0, length: 1000, fin: false });
  assert.equal(take(stream, 1000), undefined);
  stream.resetLost();
  assert.equal(stream.resetPending, true);
  stream.resetSent();
  stream.resetAcknowledged();
  assert.equal(stream.state, 'reset_recvd');
  assert.equal(stream.isTerminal, true);
  stream.resetLost();
  assert.equal(stream.resetPending, false);
});

test('a stream whose data was all acknowledged is not reset', () => {
  const stream = new SendStream(0, 1e6, 1e6);
  stream.write(pattern(0, 10), true);
  take(stream, 1000);
  stream.acknowledge({ offset: 0, length: 10, fin: true });
  assert.equal(stream.reset(7), false);
  assert.equal(stream.state, 'data_recvd');
});

test('many small writes share blocks, large ones are kept by reference', () => {
  const buffer = new SendBuffer();
  const large = pattern(0, 4096);
  buffer.write(large);
  large[0] = 99;
  for (let i = 0; i < 10_000; i++) buffer.write(Uint8Array.of(i & 255));
  buffer.prepare(20_000, Number.POSITIVE_INFINITY);
  const out = new Uint8Array(buffer.frameLength);
  buffer.copyFrame(out, 0);
  assert.equal(out[0], 99);
  for (let i = 0; i < 10_000; i++) assert.equal(out[4096 + i], i & 255);
});

const step = fc.oneof(
  fc.record({ type: fc.constant('write' as const), length: fc.nat(3000) }),
  fc.record({ type: fc.constant('finish' as const) }),
  fc.record({ type: fc.constant('raise' as const), by: fc.nat(4000) }),
  fc.record({ type: fc.constant('send' as const), room: fc.nat(1500), credit: fc.nat(5000) }),
  fc.record({ type: fc.constant('acknowledge' as const), index: fc.nat() }),
  fc.record({ type: fc.constant('lose' as const), index: fc.nat() }),
);

/** A stream, the frames in flight, and what the other end has. */
class Sender {
  readonly stream = new SendStream(0, 1000, 20_000);
  readonly inFlight: TakenFrame[] = [];
  readonly delivered = new Set<number>();
  written = 0;
  limit = 1000;
  finished = false;

  write(length: number): void {
    if (!this.finished) {
      this.written += this.stream.write(pattern(this.written, length), false);
    }
  }

  finish(): void {
    if (!this.finished) this.stream.write(new Uint8Array(0), true);
    this.finished = true;
  }

  raise(by: number): void {
    this.limit += by;
    this.stream.raiseLimit(this.limit);
  }

  send(room: number, credit: number): void {
    const before = this.stream.finalSize;
    const frame = take(this.stream, room, credit);
    assert.ok(this.stream.finalSize - before <= credit);
    if (frame === undefined) return;
    const end = frame.offset + frame.data.length;
    assert.deepEqual(frame.data, pattern(frame.offset, frame.data.length));
    assert.ok(end <= Math.min(this.limit, this.written));
    if (frame.fin) assert.ok(this.finished && end === this.written);
    this.inFlight.push(frame);
  }

  acknowledge(index: number): void {
    const [frame] = this.inFlight.splice(index % Math.max(1, this.inFlight.length), 1);
    if (frame === undefined) return;
    for (let i = 0; i < frame.data.length; i++) this.delivered.add(frame.offset + i);
    this.stream.acknowledge({ offset: frame.offset, length: frame.data.length, fin: frame.fin });
  }

  lose(index: number): void {
    const [frame] = this.inFlight.splice(index % Math.max(1, this.inFlight.length), 1);
    if (frame !== undefined)
      this.stream.lose({ offset: frame.offset, length: frame.data.length, fin: frame.fin });
  }
}

function run(sender: Sender, action: typeof step extends fc.Arbitrary<infer T> ? T : never): void {
  if (action.type === 'write') sender.write(action.length);
  else if (action.type === 'finish') sender.finish();
  else if (action.type === 'raise') sender.raise(action.by);
  else if (action.type === 'send') sender.send(action.room, action.credit);
  else if (action.type === 'acknowledge') sender.acknowledge(action.index);
  else sender.lose(action.index);
}

test('property: every octet is delivered, whatever is lost', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const sender = new Sender();
      const { stream } = sender;
      for (const action of steps) run(sender, action);
      sender.raise(1e9);
      sender.finish();
      while (sender.inFlight.length > 0) sender.lose(0);
      while (stream.hasFrame) sender.send(1200, 1e9);
      while (sender.inFlight.length > 0) sender.acknowledge(0);
      assert.equal(sender.delivered.size, sender.written);
      assert.equal(stream.state, 'data_recvd');
      assert.equal(stream.buffered, 0);
    }),
    { numRuns: 200 },
  );
});
