import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BlockPool } from '../src/streams/block-pool.ts';
import { ReceiveMemory } from '../src/streams/receive-memory.ts';
import { SourceViews } from '../src/streams/source-views.ts';
import { StreamQueue } from '../src/streams/stream-queue.ts';
import { type Stream, StreamSet, streamDirection } from '../src/streams/stream-set.ts';
import { isTransportError } from './transport-error-check.ts';

const LIMITS = {
  initialMaxStreamsBidi: 10,
  initialMaxStreamsUni: 4,
  initialMaxStreamData: 1000,
  maxStreamDataWindow: 4000,
  streamSendBufferLimit: 100_000,
};
const PEER = {
  initialMaxStreamsBidi: 3,
  initialMaxStreamsUni: 1,
  initialMaxStreamDataBidiLocal: 11,
  initialMaxStreamDataBidiRemote: 22,
  initialMaxStreamDataUni: 33,
};

function create(role: 'client' | 'server' = 'server'): StreamSet {
  const streams = new StreamSet(
    role,
    LIMITS,
    new ReceiveMemory(new BlockPool(), new SourceViews()),
  );
  streams.setPeerLimits(PEER);
  return streams;
}

/** Ends both parts as if everything was delivered and read. */
function finish(streams: StreamSet, stream: Stream): boolean {
  if (stream.send !== undefined) {
    stream.send.write(new Uint8Array(0), true);
    stream.send.prepare(0, 0);
    stream.send.commit();
    stream.send.acknowledge({ offset: 0, length: 0, fin: true });
  }
  if (stream.receive !== undefined) {
    stream.receive.receive(new Uint8Array(0), 0, 0, 0, true, false);
    stream.receive.read();
  }
  return streams.forgetIfDone(stream);
}

/** Octets that the stream may send at first. */
function sendLimit(stream: Stream | undefined): number | undefined {
  stream?.send?.write(new Uint8Array(1000), false);
  stream?.send?.prepare(1000, 1000);
  return stream?.send?.frameLength;
}

test('IDs tell direction and initiator, RFC 9000 §2.1', () => {
  const ids = (role: 'client' | 'server'): (number | undefined)[] => {
    const streams = create(role);
    return [
      streams.open('bidi')?.id,
      streams.open('bidi')?.id,
      streams.open('uni')?.id,
      streams.open('uni')?.id,
    ];
  };
  assert.deepEqual(ids('client'), [0, 4, 2, undefined]);
  assert.deepEqual(ids('server'), [1, 5, 3, undefined]);
  assert.deepEqual([0, 1, 2, 3].map(streamDirection), ['bidi', 'bidi', 'uni', 'uni']);
});

test('streams have the parts and limits of their kind, RFC 9000 §18.2', () => {
  const streams = create('server');
  const own = streams.open('uni');
  const theirs = streams.forReceiving(2);
  assert.equal(own?.receive, undefined);
  assert.equal(theirs?.send, undefined);
  assert.equal(sendLimit(own), 33);
  assert.equal(sendLimit(streams.open('bidi')), 22);
  assert.equal(sendLimit(streams.forReceiving(0)), 11);
});

test('no stream before the peer parameters; streams opened before get their limits then', () => {
  const streams = new StreamSet(
    'server',
    LIMITS,
    new ReceiveMemory(new BlockPool(), new SourceViews()),
  );
  assert.equal(streams.open('bidi'), undefined);
  const stream = streams.forReceiving(0);
  assert.equal(sendLimit(stream), 0);
  streams.setPeerLimits(PEER);
  assert.equal(sendLimit(stream), 11);
});

test('the peer limit counts, and STREAMS_BLOCKED is owed once per limit, RFC 9000 §4.6', () => {
  const streams = create('client');
  const count = streams.count('bidi');
  assert.equal(count.takeBlocked(), undefined);
  for (let i = 0; i < 3; i++) assert.notEqual(streams.open('bidi'), undefined);
  assert.equal(streams.open('bidi'), undefined);
  assert.equal(count.takeBlocked(), 3);
  assert.equal(count.takeBlocked(), undefined);
  count.blockedLost(3);
  assert.equal(count.takeBlocked(), 3);
  assert.equal(count.raisePeerLimit(2), false);
  assert.equal(count.raisePeerLimit(4), true);
  assert.equal(streams.open('bidi')?.id, 12);
  assert.equal(count.raisePeerLimit(5), false, 'nobody waits');
  assert.equal(count.takeBlocked(), undefined);
});

test('more streams than allowed are STREAM_LIMIT_ERROR, RFC 9000 §4.6', () => {
  const streams = create('server');
  assert.equal(streams.forReceiving(4 * 9)?.id, 36);
  assert.throws(() => streams.forReceiving(4 * 10), isTransportError('STREAM_LIMIT_ERROR'));
  assert.throws(() => streams.forReceiving(4 * 4 + 2), isTransportError('STREAM_LIMIT_ERROR'));
  assert.throws(() => streams.forSending(4 * 10), isTransportError('STREAM_LIMIT_ERROR'));
});

test('frames for the wrong part or an unopened stream are STREAM_STATE_ERROR, RFC 9000 §19', () => {
  const streams = create('server');
  const isStateError = isTransportError('STREAM_STATE_ERROR');
  assert.throws(() => streams.forReceiving(3), isStateError, 'own unidirectional');
  assert.throws(() => streams.forSending(2), isStateError, 'unidirectional of the peer');
  assert.throws(() => streams.forReceiving(1), isStateError, 'own, never opened');
  assert.throws(() => streams.forSending(3), isStateError, 'own, never opened');
});

test('a higher ID opens lower ones, which take memory only once used, RFC 9000 §3.2', () => {
  const streams = create('server');
  streams.forReceiving(4 * 9);
  assert.equal(streams.size, 1);
  assert.equal(streams.forReceiving(4 * 3)?.id, 12);
  assert.equal(streams.forSending(0)?.id, 0);
  assert.equal(streams.size, 3);
  assert.equal(streams.opened, 3);
});

test('closed streams are forgotten, late frames for them ignored', () => {
  const streams = create('server');
  const theirs = streams.forReceiving(4) as Stream;
  const own = streams.open('bidi') as Stream;
  assert.equal(streams.forgetIfDone(theirs), false);
  assert.equal(finish(streams, theirs), true);
  assert.equal(finish(streams, own), true);
  assert.equal(streams.size, 0);
  assert.equal(streams.forReceiving(4), undefined);
  assert.equal(streams.forSending(own.id), undefined);
  assert.equal(streams.forReceiving(0)?.id, 0, 'implicitly opened and not used');
});

test('closing streams lets the peer open more, RFC 9000 §4.6', () => {
  const streams = create('server');
  const count = streams.count('bidi');
  for (let i = 0; i < 4; i++) finish(streams, streams.forReceiving(4 * i) as Stream);
  assert.equal(count.updateDue, false);
  finish(streams, streams.forReceiving(4 * 4) as Stream);
  assert.equal(count.updateDue, true);
  assert.equal(count.update(), 15);
  assert.equal(count.updateDue, false);
  count.updateLost(15);
  assert.equal(count.updateDue, true);
  assert.equal(count.update(), 15);
  assert.equal(streams.forReceiving(4 * 14)?.id, 56);
  assert.throws(() => streams.forReceiving(4 * 15), isTransportError('STREAM_LIMIT_ERROR'));
  finish(streams, streams.open('bidi') as Stream);
  assert.equal(count.update(), 15, 'own streams do not count');
});

test('a hundred thousand streams, one after another, leave nothing behind', () => {
  const streams = create('server');
  const count = streams.count('uni');
  for (let i = 0; i < 100_000; i++) {
    finish(streams, streams.forReceiving(4 * i + 2) as Stream);
    if (count.updateDue) count.update();
  }
  assert.equal(streams.size, 0);
  assert.equal(streams.opened, 100_000);
});

test('the turn of a stream lasts for about one run of packets', () => {
  const streams = create('client');
  const [first, second] = [streams.open('bidi'), streams.open('bidi')] as [Stream, Stream];
  for (let packets = 1; packets < 32; packets++) assert.ok(!streams.countTurn(first, 1024));
  assert.ok(streams.countTurn(first, 1024));
  assert.ok(!streams.countTurn(first, 1024), 'alone it begins anew');
  assert.ok(!streams.countTurn(second, 31 * 1024), 'another stream has a turn of its own');
  assert.ok(streams.countTurn(second, 1024));
});

test('streams take turns, and those without connection credit stand aside', () => {
  const streams = create('client');
  const [a, b, c] = [streams.open('bidi'), streams.open('bidi'), streams.open('bidi')] as [
    Stream,
    Stream,
    Stream,
  ];
  for (const stream of [a, b, c, a]) streams.sendable.push(stream);
  assert.equal(streams.sendable.length, 3);
  const order: number[] = [];
  for (let i = 0; i < 7; i++) {
    const stream = streams.sendable.shift() as Stream;
    order.push(stream.id);
    streams.sendable.push(stream);
  }
  assert.deepEqual(order, [0, 4, 8, 0, 4, 8, 0]);
  streams.sendable.remove(b);
  streams.waitForConnectionCredit(b);
  assert.deepEqual([streams.sendable.shift()?.id, streams.sendable.shift()?.id], [8, 0]);
  assert.equal(streams.sendable.shift(), undefined);
  assert.equal(streams.waitingForConnectionCredit, 1);
  streams.connectionCreditRaised();
  assert.equal(streams.sendable.shift()?.id, 4);
});

test('a stream that is forgotten leaves the queues', () => {
  const streams = create('server');
  const stream = streams.forReceiving(0) as Stream;
  streams.sendable.push(stream);
  streams.control.push(stream);
  streams.waitForConnectionCredit(stream);
  finish(streams, stream);
  assert.equal(streams.sendable.shift(), undefined);
  assert.equal(streams.control.shift(), undefined);
  streams.connectionCreditRaised();
  assert.equal(streams.sendable.length, 0);
});

test('property: a queue is first in, first out, without repetition', () => {
  const step = fc.record({
    type: fc.constantFrom('push', 'shift', 'remove', 'peek'),
    id: fc.nat(12),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const items = Array.from({ length: 13 }, (_, id) => ({ id }));
      const queue = new StreamQueue<{ id: number }>();
      let model: number[] = [];
      for (const { type, id } of steps) {
        const item = items[id] as { id: number };
        if (type === 'push') {
          queue.push(item);
          if (!model.includes(id)) model.push(id);
        } else if (type === 'remove') {
          queue.remove(item);
          model = model.filter((other) => other !== id);
        } else if (type === 'shift') {
          assert.equal(queue.shift()?.id, model.shift());
        } else {
          assert.equal(queue.peek()?.id, model[0]);
        }
        assert.equal(queue.length, model.length);
        assert.equal(queue.has(item), model.includes(id));
      }
    }),
  );
});
