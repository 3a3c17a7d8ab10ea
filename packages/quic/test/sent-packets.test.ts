import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from '@mpquic/wire';
import { SentPackets } from '../src/recovery/sent-packets.ts';
import { NEVER, Recorder, sent } from './sent-packet-recorder.ts';

test('a packet comes back with all that was noted about it', () => {
  const packets = new SentPackets<string>();
  packets.add(5, 1200, true, true);
  packets.attachStream(4, 70_000_000_000, 1000, true);
  packets.attachAcknowledgement(77);
  packets.attachDeliveries(['max_data', 'ping']);
  packets.add(6, 40, false, false);
  const recorder = new Recorder();
  assert.equal(packets.acknowledge(0, 1, recorder), 1);
  assert.deepEqual(recorder.acknowledged, [
    {
      number: 0,
      count: 1,
      timeSent: 5,
      size: 1200,
      ackEliciting: true,
      inFlight: true,
      declaredLost: false,
      streamId: 4,
      stream: { offset: 70_000_000_000, length: 1000, fin: true },
      datagramId: -1,
      acknowledges: 77,
      deliveries: ['max_data', 'ping'],
    },
    {
      number: 1,
      count: 1,
      timeSent: 6,
      size: 40,
      ackEliciting: false,
      inFlight: false,
      declaredLost: false,
      streamId: -1,
      stream: { offset: 0, length: 0, fin: false },
      datagramId: -1,
      acknowledges: -1,
      deliveries: undefined,
    },
  ]);
  assert.equal(packets.outstanding, 0);
  assert.equal(packets.largestAcknowledged, 1);
});

test('a packet number space may begin above 0', () => {
  const packets = new SentPackets<string>(undefined, 1_000_000);
  assert.equal(packets.add(0, 1200, true, true), 1_000_000);
  assert.equal(packets.acknowledge(1_000_000, 1_000_000, new Recorder()), 1);
});

test('acknowledging a number never sent is refused, RFC 9000 §13.1', () => {
  assert.equal(sent(3).acknowledge(0, 3, new Recorder()), -1);
  assert.equal(new SentPackets<string>().acknowledge(0, 0, new Recorder()), -1);
});

test('acknowledging a skipped number is refused, even long after, RFC 9000 §21.4', () => {
  const packets = sent(2);
  packets.skip();
  assert.equal(packets.nextNumber, 3);
  packets.add(30, 1200, true, true);
  const recorder = new Recorder();
  assert.equal(packets.acknowledge(0, 1, recorder), 2);
  assert.equal(packets.acknowledge(3, 3, recorder), 1);
  for (let i = 0; i < 100; i++) {
    const number = packets.add(40 + i, 1200, true, true);
    packets.acknowledge(number, number, recorder);
  }
  assert.equal(packets.acknowledge(1, 3, recorder), -1);
  assert.equal(packets.acknowledge(0, 1, recorder), 0);
});

test('more skips than are remembered are still seen while they are in the ring', () => {
  const packets = new SentPackets<string>();
  for (let i = 0; i < 100; i++) {
    packets.add(i, 1200, true, true);
    packets.skip();
  }
  assert.equal(packets.acknowledge(0, 1, new Recorder()), -1);
});

test('packet threshold, RFC 9002 §6.1.1', () => {
  const packets = sent(6, 0);
  const recorder = new Recorder();
  packets.acknowledge(4, 4, recorder);
  const loss = packets.detectLost(0, 1_000, 3, NEVER, recorder);
  assert.deepEqual(recorder.take(), { acknowledged: [4], lost: [0, 1] });
  assert.equal(loss.count, 2);
  assert.equal(loss.lossTime, 1_000);
  assert.equal(packets.outstanding, 3);
  assert.equal(packets.ackElicitingInFlight, 3);
  assert.equal(packets.oldestOutstanding, 2);
});

test('time threshold, RFC 9002 §6.1.2', () => {
  const packets = sent(3, 500);
  const recorder = new Recorder();
  packets.acknowledge(2, 2, recorder);
  let loss = packets.detectLost(1_100, 1_000, 3, NEVER, recorder);
  assert.deepEqual(recorder.take().lost, [0]);
  assert.equal(loss.lossTime, 1_500);
  loss = packets.detectLost(1_500, 1_000, 3, NEVER, recorder);
  assert.deepEqual(recorder.take().lost, [1]);
  assert.equal(loss.lossTime, NEVER);
  assert.equal(loss.latestTimeSent, 500);
});

test('a timer that goes off at the time it was set for finds its packet lost, fractions or not', () => {
  for (let i = 1; i < 1000; i++) {
    const packets = new SentPackets<string>();
    packets.add(i / 7, 1200, true, true);
    packets.add(i / 7, 1200, true, true);
    packets.acknowledge(1, 1, new Recorder());
    const { lossTime } = packets.detectLost(i / 7, i / 3, 3, NEVER, new Recorder());
    assert.equal(packets.detectLost(lossTime, i / 3, 3, NEVER, new Recorder()).count, 1);
  }
});

test('packets above the largest acknowledged are never lost', () => {
  const packets = sent(10);
  const recorder = new Recorder();
  packets.acknowledge(0, 0, recorder);
  const loss = packets.detectLost(1_000_000, 1, 3, NEVER, recorder);
  assert.equal(loss.count, 0);
  assert.equal(loss.lossTime, NEVER);
});

test('a late acknowledgement of a packet declared lost is shown as such', () => {
  const packets = sent(5);
  packets.attachStream(8, 0, 100, false);
  const recorder = new Recorder();
  packets.acknowledge(4, 4, recorder);
  packets.detectLost(40, 1_000, 3, NEVER, recorder);
  recorder.take();
  assert.equal(packets.acknowledge(0, 4, recorder), 4);
  assert.deepEqual(
    recorder.acknowledged.map(({ number, declaredLost, inFlight }) => [
      number,
      declaredLost,
      inFlight,
    ]),
    [
      [0, true, false],
      [1, true, false],
      [2, false, true],
      [3, false, true],
    ],
  );
  assert.equal(packets.outstanding, 0);
});

test('packets declared lost are forgotten after a while', () => {
  const packets = sent(5);
  const recorder = new Recorder();
  packets.acknowledge(4, 4, recorder);
  packets.detectLost(40, 1_000, 3, NEVER, recorder);
  recorder.take();
  packets.forgetLost(5);
  assert.equal(packets.isUnacknowledged(0), false);
  assert.equal(packets.isUnacknowledged(1), true);
  assert.equal(packets.acknowledge(0, 1, recorder), 1);
  assert.deepEqual(recorder.take().acknowledged, [1]);
});

test('span of lost packets for persistent congestion, RFC 9002 §7.6.2', () => {
  const recorder = new Recorder();
  const spanAfter = (acknowledged: readonly number[], persistentFrom: number): number => {
    const packets = sent(20, 100);
    for (const number of acknowledged) packets.acknowledge(number, number, recorder);
    return packets.detectLost(10_000, 10, 3, persistentFrom, recorder).persistentSpan;
  };
  assert.equal(spanAfter([19], -1), 1_800);
  assert.equal(spanAfter([7, 19], -1), 1_000, 'an acknowledged packet ends the span');
  assert.equal(spanAfter([19], 450), 1_300, 'packets before the first RTT sample do not count');
  assert.equal(spanAfter([19], NEVER), 0);
});

test('only ack-eliciting packets begin and end that span', () => {
  const packets = new SentPackets<string>();
  packets.add(0, 1200, false, true);
  packets.add(100, 1200, true, true);
  packets.add(200, 40, false, false);
  packets.add(300, 1200, true, true);
  packets.add(400, 1200, false, true);
  packets.add(500, 1200, true, true);
  packets.acknowledge(5, 5, new Recorder());
  const loss = packets.detectLost(10_000, 10, 3, -1, new Recorder());
  assert.equal(loss.count, 4);
  assert.equal(loss.persistentSpan, 200);
});

test('probes see outstanding packets without declaring them lost, RFC 9002 §6.2.4', () => {
  const packets = sent(4);
  packets.acknowledge(1, 1, new Recorder());
  const seen: number[] = [];
  packets.visitOutstanding((packet) => seen.push(packet.number) < 2);
  assert.deepEqual(seen, [0, 2]);
  assert.equal(packets.outstanding, 3);
});

test('everything outstanding can be taken out, RFC 9002 §6.4, MP-21 §3.4', () => {
  const packets = sent(40);
  const recorder = new Recorder();
  packets.acknowledge(3, 10, recorder);
  const taken: number[] = [];
  packets.takeOutstanding((packet) => taken.push(packet.number));
  assert.equal(taken.length, 32);
  assert.equal(packets.outstanding, 0);
  assert.equal(packets.ackElicitingInFlight, 0);
  assert.equal(packets.acknowledge(0, 39, recorder), 0);
  assert.equal(packets.add(1_000, 1200, true, true), 40);
});

test('everything can be forgotten unseen: the connection ends', () => {
  const packets = sent(40);
  const recorder = new Recorder();
  packets.acknowledge(3, 10, recorder);
  packets.forgetAll();
  assert.equal(packets.outstanding, 0);
  assert.equal(packets.ackElicitingInFlight, 0);
  assert.equal(packets.acknowledge(0, 39, recorder), 0);
  assert.equal(packets.add(1_000, 1200, true, true), 40);
});

test('packets that are not in flight never fill the ring', () => {
  const packets = new SentPackets<string>(16);
  for (let i = 0; i < 1_000; i++) packets.add(i, 40, false, false);
  assert.equal(packets.outstanding, 0);
  assert.equal(packets.full, false);
});

test('the ring has a cap, and gives up packets declared lost before it refuses', () => {
  const packets = new SentPackets<string>(16);
  const recorder = new Recorder();
  for (let i = 0; i < 16; i++) {
    assert.equal(packets.full, i === 15);
    packets.add(i, 1200, true, true);
  }
  assert.throws(() => packets.add(16, 1200, true, true), UsageError);
  packets.acknowledge(15, 15, recorder);
  packets.detectLost(16, 1_000, 3, NEVER, recorder);
  assert.equal(packets.full, false);
  for (let i = 0; !packets.full; i++) {
    packets.skip();
    packets.add(17 + i, 1200, true, true);
  }
  assert.equal(packets.outstanding, 2 + 6);
});

test('packets that are not in flight, behind one that is never acknowledged, reach the cap too', () => {
  const packets = new SentPackets<string>(64);
  packets.add(0, 1200, true, true);
  let acks = 0;
  for (; !packets.full; acks++) packets.add(acks, 40, false, false);
  assert.equal(acks, 62);
  packets.acknowledge(0, 0, new Recorder());
  packets.detectLost(0, 1, 3, NEVER, new Recorder());
  assert.equal(packets.full, false);
});
