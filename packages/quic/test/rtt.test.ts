import assert from 'node:assert/strict';
import { test } from 'node:test';
import { INITIAL_RTT, RttEstimator } from '../src/recovery/rtt.ts';

test('before a sample, RFC 9002 §6.2.2: kInitialRtt and half of it', () => {
  const rtt = new RttEstimator();
  assert.equal(rtt.smoothed, INITIAL_RTT);
  assert.equal(rtt.variance, INITIAL_RTT / 2);
  assert.equal(rtt.minimum, 0);
  assert.equal(rtt.firstSampleAt, undefined);
  assert.equal(rtt.probeTimeout(0), INITIAL_RTT * 3);
});

test('the first sample sets everything, RFC 9002 §5.3', () => {
  const rtt = new RttEstimator();
  rtt.sample(100_000, 30_000, 5);
  assert.deepEqual(
    [rtt.latest, rtt.smoothed, rtt.variance, rtt.minimum, rtt.firstSampleAt],
    [100_000, 100_000, 50_000, 100_000, 5],
  );
});

test('later samples are smoothed, and the ack delay subtracted, RFC 9002 §5.3', () => {
  const rtt = new RttEstimator();
  rtt.sample(100_000, 0, 0);
  rtt.sample(150_000, 20_000, 1);
  // adjusted_rtt 130 ms
  assert.equal(rtt.variance, 0.75 * 50_000 + 0.25 * 30_000);
  assert.equal(rtt.smoothed, 0.875 * 100_000 + 0.125 * 130_000);
  assert.equal(rtt.firstSampleAt, 0);
});

test('an ack delay that would go below min_rtt is ignored, RFC 9002 §5.3', () => {
  const rtt = new RttEstimator();
  rtt.sample(100_000, 0, 0);
  rtt.sample(110_000, 20_000, 1);
  assert.equal(rtt.smoothed, 0.875 * 100_000 + 0.125 * 110_000);
});

test('min_rtt ignores the ack delay and starts over when told, RFC 9002 §5.2', () => {
  const rtt = new RttEstimator();
  rtt.sample(100_000, 0, 0);
  rtt.sample(80_000, 70_000, 1);
  assert.equal(rtt.minimum, 80_000);
  rtt.sample(200_000, 0, 2);
  assert.equal(rtt.minimum, 80_000);
  rtt.restartMinimum();
  rtt.sample(300_000, 0, 3);
  assert.equal(rtt.minimum, 300_000);
});

test('probe timeout and loss delay have the timer granularity as floor, RFC 9002 §6.1.2, §6.2.1', () => {
  const rtt = new RttEstimator();
  for (let i = 0; i < 100; i++) rtt.sample(400, 0, i);
  assert.ok(Math.abs(rtt.probeTimeout(25_000) - (400 + 1_000 + 25_000)) < 1);
  assert.equal(rtt.lossDelay(), 1_000);
  rtt.sample(80_000, 0, 101);
  assert.equal(rtt.lossDelay(), 1.125 * 80_000);
});
