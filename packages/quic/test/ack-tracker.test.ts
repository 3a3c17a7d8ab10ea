import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ecn } from '@mpquic/wire';
import fc from 'fast-check';
import {
  AckTracker,
  APPLICATION_ACK_POLICY,
  HANDSHAKE_ACK_POLICY,
} from '../src/recovery/ack-tracker.ts';

const application = (): AckTracker => new AckTracker(APPLICATION_ACK_POLICY);

function ranges(tracker: AckTracker): [number, number][] {
  const { received } = tracker;
  return Array.from({ length: received.size }, (_, i) => [received.start(i), received.last(i)]);
}

test('one ack-eliciting packet waits max_ack_delay, the second does not, RFC 9000 §13.2.1, §13.2.2', () => {
  const tracker = application();
  tracker.packetReceived(0, true, 1_000);
  assert.equal(tracker.deadline, 26_000);
  assert.equal(tracker.isDue(25_999), false);
  assert.equal(tracker.isDue(26_000), true);
  tracker.packetReceived(1, true, 2_000);
  assert.equal(tracker.isDue(2_000), true);
  assert.equal(tracker.ackDelay(2_500), 500);
  tracker.ackSent();
  assert.equal(tracker.deadline, Number.POSITIVE_INFINITY);
  assert.equal(tracker.hasNews, false);
});

test('an eager receiver answers each packet at once, RFC 9000 §13.2.2', () => {
  const tracker = application();
  tracker.packetReceived(0, true, 1_000, Ecn.notEct, true);
  assert.equal(tracker.isDue(1_000), true);
  tracker.ackSent();
  tracker.packetReceived(1, false, 1_100, Ecn.notEct, true);
  assert.equal(tracker.isDue(1_100), false, 'a packet that elicits nothing');
});

test('packets that elicit nothing are reported but never cause an ACK, RFC 9000 §13.2.1', () => {
  const tracker = application();
  tracker.packetReceived(0, false, 0);
  tracker.packetReceived(5, false, 0);
  assert.equal(tracker.deadline, Number.POSITIVE_INFINITY);
  assert.equal(tracker.hasNews, true);
  assert.deepEqual(ranges(tracker), [
    [0, 0],
    [5, 5],
  ]);
});

test('reordered packets and those behind a gap are acknowledged at once, RFC 9000 §13.2.1', () => {
  const tracker = application();
  tracker.packetReceived(0, true, 0);
  tracker.ackSent();
  tracker.packetReceived(2, true, 10);
  assert.equal(tracker.isDue(10), true, 'a gap');
  tracker.ackSent();
  tracker.packetReceived(1, true, 20);
  assert.equal(tracker.isDue(20), true, 'reordered');
  tracker.ackSent();
  tracker.packetReceived(3, true, 30);
  assert.equal(tracker.isDue(30), false, 'in order again');
});

test('a gap that was reported does not make every later ACK immediate', () => {
  const tracker = application();
  tracker.packetReceived(0, true, 0);
  tracker.packetReceived(2, true, 0);
  tracker.ackSent();
  tracker.packetReceived(3, true, 10);
  assert.equal(tracker.isDue(10), false);
});

test('CE is reported at once, and marks are counted, RFC 9000 §13.2.1, §13.4.1', () => {
  const tracker = application();
  assert.equal(tracker.ecn, undefined);
  tracker.packetReceived(0, true, 0, Ecn.ect0);
  assert.equal(tracker.isDue(0), false);
  tracker.packetReceived(1, false, 0, Ecn.ect1);
  tracker.ackSent();
  tracker.packetReceived(2, true, 0, Ecn.ce);
  assert.equal(tracker.isDue(0), true);
  assert.deepEqual(tracker.ecn, { ect0: 1, ect1: 1, ce: 1 });
});

test('Initial and Handshake packets are acknowledged at once', () => {
  const tracker = new AckTracker(HANDSHAKE_ACK_POLICY);
  tracker.packetReceived(0, true, 7);
  assert.equal(tracker.isDue(7), true);
});

test('what the peer knows is not reported again, and stays a duplicate, RFC 9000 §13.2.4', () => {
  const tracker = application();
  for (const number of [0, 1, 2, 5, 6, 9]) tracker.packetReceived(number, true, 0);
  tracker.ackAcknowledged(6);
  assert.deepEqual(ranges(tracker), [[9, 9]]);
  for (const number of [0, 3, 6, 9]) assert.equal(tracker.isDuplicate(number), true, `${number}`);
  for (const number of [7, 8, 10]) assert.equal(tracker.isDuplicate(number), false, `${number}`);
  tracker.ackAcknowledged(9);
  assert.deepEqual(ranges(tracker), []);
  tracker.ackAcknowledged(2);
  tracker.packetReceived(10, true, 0);
  assert.deepEqual(ranges(tracker), [[10, 10]]);
  assert.equal(tracker.largestReceived, 10);
});

test('the ranges have a cap; below, everything counts as received, RFC 9000 §13.2.3', () => {
  const tracker = application();
  for (let i = 0; i < 1_000; i++) tracker.packetReceived(2 * i, true, 0);
  assert.equal(tracker.received.size, APPLICATION_ACK_POLICY.maxRanges);
  assert.equal(tracker.isDuplicate(1), true);
  assert.equal(tracker.isDuplicate(2 * (1_000 - APPLICATION_ACK_POLICY.maxRanges) - 1), false);
  assert.equal(tracker.isDuplicate(1_997), false);
});

test('property: no packet is taken twice', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(300), fc.boolean(), fc.nat(10)), { maxLength: 300 }),
      (steps) => {
        const tracker = new AckTracker({ ...APPLICATION_ACK_POLICY, maxRanges: 8 });
        const taken = new Set<number>();
        for (const [number, ackEliciting, forget] of steps) {
          if (tracker.isDuplicate(number)) continue;
          assert.equal(taken.has(number), false);
          taken.add(number);
          tracker.packetReceived(number, ackEliciting, 0);
          assert.ok(tracker.isDuplicate(number));
          if (forget === 0) tracker.ackAcknowledged(number);
          assert.ok(tracker.received.size <= 8);
          for (const [first, last] of ranges(tracker)) {
            for (let i = first; i <= last; i++) assert.ok(taken.has(i));
          }
        }
      },
    ),
  );
});

test('packets noted together are as packets noted one by one', () => {
  const run = fc.record({
    gap: fc.nat(2),
    count: fc.integer({ min: 1, max: 5 }),
    ecn: fc.constantFrom(Ecn.notEct, Ecn.ect0, Ecn.ect1, Ecn.ce),
    eager: fc.boolean(),
    acknowledges: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(run, { maxLength: 12 }), (runs) => {
      const policy = { ...APPLICATION_ACK_POLICY, ackElicitingThreshold: 4, maxRanges: 3 };
      const [together, single] = [new AckTracker(policy), new AckTracker(policy)];
      let next = 0;
      for (const [i, { gap, count, ecn, eager, acknowledges }] of runs.entries()) {
        const first = next + gap;
        next = first + count;
        together.runReceived(first, next - 1, i, ecn, eager);
        for (let n = first; n < next; n++)
          single.packetReceived(n, true, i, ecn, eager && n === first);
        for (const tracker of [together, single]) if (acknowledges) tracker.ackSent();
        assert.deepEqual(ranges(together), ranges(single));
        assert.equal(together.deadline, single.deadline);
        assert.equal(together.largestReceived, single.largestReceived);
        assert.deepEqual(together.ecn, single.ecn);
        assert.equal(together.hasNews, single.hasNews);
        assert.equal(together.isDuplicate(first - 1), single.isDuplicate(first - 1));
      }
    }),
  );
});
