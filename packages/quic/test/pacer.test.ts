import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pacer } from '../src/recovery/pacer.ts';

const SIZE = 1250;

/** Sends whenever allowed for `duration`; returns octets, and the largest burst. */
function run(pacer: Pacer, duration: number): { octets: number; largestBurst: number } {
  let octets = 0;
  let largestBurst = 0;
  let now = 1_000_000;
  const end = now + duration;
  while (now < end) {
    let burst = 0;
    while (pacer.budget(now) >= SIZE) {
      pacer.packetSent(SIZE, now);
      burst += SIZE;
    }
    octets += burst;
    largestBurst = Math.max(largestBurst, burst);
    const next = pacer.nextRelease(now);
    assert.ok(next > now);
    now = next;
  }
  return { octets, largestBurst };
}

test('sends 1.25 windows per round trip, in bursts of at most the initial window, RFC 9002 §7.7', () => {
  const pacer = new Pacer(SIZE);
  pacer.update(40 * SIZE, 100_000, false, 0);
  assert.equal(pacer.rate, 1.25 * 40 * SIZE * 10);
  const { octets, largestBurst } = run(pacer, 1_000_000);
  const wanted = 1.25 * 40 * SIZE * 10;
  assert.ok(Math.abs(octets - wanted - 10 * SIZE) < 2 * SIZE, `${octets}`);
  assert.equal(largestBurst, 10 * SIZE);
});

test('twice the window in slow start', () => {
  const pacer = new Pacer(SIZE);
  pacer.update(40 * SIZE, 100_000, true, 0);
  assert.equal(pacer.rate, 2 * 40 * SIZE * 10);
});

test('at high rates waits long enough for whole runs', () => {
  const pacer = new Pacer(SIZE);
  // 1 GB/s: 800 packets per millisecond
  pacer.update(10_000_000, 12_500, false, 0);
  while (pacer.budget(0) > 0) pacer.packetSent(SIZE, 0);
  const wait = pacer.nextRelease(0);
  assert.equal(pacer.budget(wait - 1), 0, 'no single packets before');
  assert.ok(pacer.budget(wait) >= 40 * SIZE);
  const { octets } = run(pacer, 100_000);
  assert.ok(octets > 0.95 * 100_000_000);
});

test('at low rates one packet at a time', () => {
  const pacer = new Pacer(SIZE);
  pacer.update(2 * SIZE, 100_000, false, 0);
  while (pacer.budget(0) > 0) pacer.packetSent(SIZE, 0);
  assert.equal(pacer.budget(0), 0);
  assert.equal(pacer.nextRelease(0), 40_000);
  assert.equal(pacer.budget(40_000), SIZE);
});

test('everything may leave before the rate is known, and probes overdraw', () => {
  const pacer = new Pacer(SIZE);
  assert.ok(pacer.budget(0) >= 10 * SIZE);
  pacer.update(2 * SIZE, 100_000, false, 1);
  for (let i = 0; i < 20; i++) pacer.packetSent(SIZE, 1);
  assert.equal(pacer.budget(1), 0);
  assert.equal(pacer.nextRelease(1), 1 + 11 * 40_000);
});

test('before the first acknowledgement the window alone holds packets back', () => {
  const pacer = new Pacer(1200);
  for (let i = 0; i < 10; i++) pacer.packetSent(1200, 0);
  assert.equal(pacer.budget(0), 0);
  assert.equal(pacer.nextRelease(0), 1);
  assert.ok(pacer.budget(1) >= 1200);
});
