import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SentPackets } from '../src/recovery/sent-packets.ts';
import { NEVER, Recorder, sentRun } from './sent-packet-recorder.ts';

test('packets sent at once with octets of one stream come back as one run', () => {
  const packets = new SentPackets<string>();
  sentRun(packets, 40, 5, 0);
  sentRun(packets, 3, 6, 44_000);
  const recorder = new Recorder();
  assert.equal(packets.acknowledge(10, 42, recorder), 33);
  const shown = recorder.acknowledged.map(({ number, count, timeSent, stream }) => ({
    number,
    count,
    timeSent,
    stream,
  }));
  assert.deepEqual(shown, [
    { number: 10, count: 30, timeSent: 5, stream: { offset: 11_000, length: 33_000, fin: false } },
    { number: 40, count: 3, timeSent: 6, stream: { offset: 44_000, length: 3300, fin: false } },
  ]);
  assert.equal(packets.outstanding, 10);
  assert.equal(packets.ackElicitingInFlight, 10);
  assert.equal(packets.acknowledge(12, 20, recorder), 0, 'known already');
  assert.equal(packets.acknowledge(5, 15, recorder), 5);
  assert.deepEqual(recorder.take().acknowledged, [10, 40, 5]);
});

test('datagrams sent at once one by one come back as one run, and are lost one by one', () => {
  const packets = new SentPackets<string>();
  for (const id of [7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 20]) {
    packets.add(5, 1200, true, true);
    packets.attachDatagram(id);
  }
  const recorder = new Recorder();
  assert.equal(packets.acknowledge(5, 10, recorder), 6);
  packets.detectLost(6, 100, 9, NEVER, recorder);
  const shown = recorder.acknowledged.map(({ number, count, datagramId, streamId }) => [
    number,
    count,
    datagramId,
    streamId,
  ]);
  assert.deepEqual(shown, [
    [5, 5, 12, -1],
    [10, 1, 20, -1],
  ]);
  assert.deepEqual(
    recorder.lost.map(({ count, datagramId }) => [count, datagramId]),
    [
      [1, 7],
      [1, 8],
    ],
  );
});

test('whatever differs from a run ends it', () => {
  const alone = { count: 1, timeSent: 5, streamId: 8 };
  const packets = new SentPackets<string>();
  sentRun(packets, 2, 5, 0);
  packets.addStreamRun({ ...alone, size: 1200, offset: 2200, length: 1100 });
  packets.addStreamRun({ ...alone, size: 1200, offset: 5500, length: 1100 });
  packets.addStreamRun({ ...alone, size: 1100, offset: 6600, length: 1000 });
  packets.add(5, 1100, true, true);
  packets.attachStream(8, 7600, 1000, false);
  packets.attachAcknowledgement(3);
  packets.add(5, 1100, true, true);
  packets.attachStream(8, 8600, 1000, false);
  packets.attachDeliveries(['ping']);
  packets.addStreamRun({ ...alone, size: 1100, offset: 9600, length: 1000 });
  packets.add(5, 1100, true, true);
  packets.attachStream(8, 10_600, 1000, true);
  const recorder = new Recorder();
  assert.equal(packets.acknowledge(0, 8, recorder), 9);
  assert.deepEqual(
    recorder.acknowledged.map(({ number, count, deliveries }) => [number, count, deliveries]),
    [
      [0, 2, undefined],
      [2, 1, undefined],
      [3, 1, undefined],
      [4, 1, undefined],
      [5, 1, undefined],
      [6, 2, ['ping']],
      [8, 1, undefined],
    ],
  );
});

test('packets of a run are lost one by one, and the rest is acknowledged', () => {
  const packets = new SentPackets<string>();
  sentRun(packets, 10, 5, 0);
  const recorder = new Recorder();
  packets.acknowledge(5, 6, recorder);
  packets.detectLost(6, 100, 3, NEVER, recorder);
  assert.deepEqual(recorder.take(), { acknowledged: [5], lost: [0, 1, 2, 3] });
  assert.equal(packets.acknowledge(2, 8, recorder), 5);
  assert.deepEqual(
    recorder.acknowledged.map(({ number, count, declaredLost }) => [number, count, declaredLost]),
    [
      [2, 1, true],
      [3, 1, true],
      [4, 1, false],
      [7, 2, false],
    ],
  );
});
