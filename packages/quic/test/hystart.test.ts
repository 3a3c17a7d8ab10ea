import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AcknowledgedPackets } from '../src/recovery/congestion/acknowledged-packets.ts';
import { Cubic } from '../src/recovery/congestion/cubic.ts';
import { HyStart } from '../src/recovery/congestion/hystart.ts';

/** One packet of 1200 octets. */
function acknowledged(timeSent: number, rtt: number): AcknowledgedPackets {
  return { count: 1, size: 1200, timeSent, now: timeSent + rtt, smoothedRtt: rtt };
}

/** One round of ten packets with the given RTT; the last divisor. */
function round(hyStart: HyStart, start: number, rtt: number): number {
  let divisor = 1;
  for (let i = 0; i < 10; i++) divisor = hyStart.acknowledged(acknowledged(start + i, rtt));
  return divisor;
}

test('a steady RTT leaves slow start alone', () => {
  const hyStart = new HyStart();
  for (let i = 0; i < 20; i++) assert.equal(round(hyStart, i * 100_000, 50_000), 1);
});

test('a rise by an eighth slows growth down, and ends it five rounds later, RFC 9406 §4.2', () => {
  const hyStart = new HyStart();
  round(hyStart, 0, 50_000);
  assert.equal(round(hyStart, 100_000, 50_000 + 6_250), 4);
  const divisors = [2, 3, 4, 5, 6].map((i) => round(hyStart, i * 100_000, 60_000));
  assert.deepEqual(divisors, [4, 4, 4, 4, 0]);
});

test('the rise counts from 4 ms to 16 ms, RFC 9406 §4.3', () => {
  const after = (rtt: number, rise: number): number => {
    const hyStart = new HyStart();
    round(hyStart, 0, rtt);
    return round(hyStart, 1_000_000, rtt + rise);
  };
  assert.equal(after(1_000, 3_999), 1);
  assert.equal(after(1_000, 4_000), 4);
  assert.equal(after(400_000, 15_999), 1);
  assert.equal(after(400_000, 16_000), 4);
});

test('fast growth resumes where the rise was a mistake, RFC 9406 §4.2', () => {
  const hyStart = new HyStart();
  round(hyStart, 0, 50_000);
  assert.equal(round(hyStart, 100_000, 70_000), 4);
  assert.equal(round(hyStart, 200_000, 50_000), 1);
});

test('too few samples decide nothing', () => {
  const hyStart = new HyStart();
  round(hyStart, 0, 50_000);
  for (let i = 0; i < 7; i++)
    assert.equal(hyStart.acknowledged(acknowledged(100_000 + i, 200_000)), 1);
});

test('cubic leaves slow start without a loss', () => {
  const cubic = new Cubic(1200);
  let now = 0;
  for (let i = 0; i < 12 && cubic.inSlowStart; i++) {
    const packets = Math.floor(cubic.congestionWindow / 1200);
    const rtt = 50_000 + i * 8_000;
    for (let k = 0; k < packets; k++) cubic.packetSent(1200);
    for (let k = 0; k < packets; k++) cubic.packetsAcknowledged(acknowledged(now + k, rtt));
    now += 200_000;
  }
  assert.equal(cubic.inSlowStart, false);
  assert.ok(cubic.congestionWindow < 10 * 1200 * 2 ** 4, `${cubic.congestionWindow}`);
});
