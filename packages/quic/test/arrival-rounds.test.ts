import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ArrivalRounds } from '../src/recovery/arrival-rounds.ts';

const RTT = 30_000;

/** Lets packets arrive every `gap` microseconds for some round trips; the share that counted as few. */
function shareOfFew(gap: number, roundTrip = RTT, rounds = 20): number {
  const arrivals = new ArrivalRounds();
  let few = 0;
  let count = 0;
  for (let now = 0; now < rounds * RTT; now += gap) {
    if (arrivals.packetsReceived(1, now, roundTrip)) few += 1;
    count += 1;
  }
  return few / count;
}

test('ten packets a round trip are few, a hundred are not', () => {
  assert.ok(shareOfFew(3_000) > 0.9);
  assert.equal(shareOfFew(300), 0);
});

test('the first packets after a pause are few, until there are many', () => {
  const arrivals = new ArrivalRounds();
  const before = Array.from({ length: 500 }, (_, i) => arrivals.packetsReceived(1, i * 100, RTT));
  assert.equal(before.includes(true), false, 'nothing is known of the time before');
  arrivals.packetsReceived(1, 1_000_000, RTT);
  const after = Array.from({ length: 100 }, (_, i) =>
    arrivals.packetsReceived(1, 2_000_000 + i, RTT),
  );
  assert.equal(after.indexOf(false), 32);
  assert.equal(after.lastIndexOf(true), 31);
});

test('a round has five milliseconds at least', () => {
  assert.equal(shareOfFew(100, 50), 0, 'half a packet each 50 us would be few');
});

test('packets that come together count as many', () => {
  const [together, single] = [new ArrivalRounds(), new ArrivalRounds()];
  for (let i = 1; i < 50; i++) {
    const now = i * 7_000;
    const few = together.packetsReceived(i, now, RTT);
    const each = Array.from({ length: i }, () => single.packetsReceived(1, now, RTT));
    assert.equal(few, each[0]);
  }
});
