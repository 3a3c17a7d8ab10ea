import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CongestionController } from '../src/recovery/congestion/controller.ts';
import { Cubic } from '../src/recovery/congestion/cubic.ts';
import { NewReno } from '../src/recovery/congestion/newreno.ts';

const SIZE = 1200;
const RTT = 100_000;

const controllers: readonly [string, () => CongestionController, number][] = [
  ['newreno', () => new NewReno(SIZE), 0.5],
  ['cubic', () => new Cubic(SIZE), 0.7],
];

/** One packet, sent then and acknowledged now. */
function acknowledge(controller: CongestionController, timeSent: number, now: number): void {
  controller.packetsAcknowledged({ count: 1, size: SIZE, timeSent, now, smoothedRtt: RTT });
}

/** Sends a window and has all of it acknowledged, one round trip later. */
function roundTrip(controller: CongestionController, now: number): void {
  const packets = Math.floor(controller.congestionWindow / SIZE);
  for (let i = 0; i < packets; i++) controller.packetSent(SIZE, now);
  for (let i = 0; i < packets; i++) acknowledge(controller, now, now + RTT);
}

for (const [name, create, factor] of controllers) {
  test(`${name}: initial window, RFC 9002 §7.2`, () => {
    assert.equal(create().congestionWindow, 10 * SIZE);
    assert.equal(create().name, name);
    assert.equal(create().inSlowStart, true);
    assert.equal(create().slowStartThreshold, Number.POSITIVE_INFINITY);
  });

  test(`${name}: slow start doubles per round trip, RFC 9002 §7.3.1`, () => {
    const controller = create();
    roundTrip(controller, 0);
    assert.equal(controller.congestionWindow, 20 * SIZE);
    assert.equal(controller.bytesInFlight, 0);
  });

  test(`${name}: one reduction per recovery period, RFC 9002 §7.3.2`, () => {
    const controller = create();
    for (let i = 0; i < 10; i++) controller.packetSent(SIZE, i);
    controller.packetLost(SIZE);
    controller.congestionEvent(3, 1_000);
    assert.equal(controller.congestionWindow, Math.floor(10 * SIZE * factor));
    assert.equal(controller.slowStartThreshold, controller.congestionWindow);
    assert.equal(controller.bytesInFlight, 9 * SIZE);
    controller.packetLost(SIZE);
    controller.congestionEvent(9, 1_001);
    assert.equal(controller.congestionWindow, Math.floor(10 * SIZE * factor));
    const before = controller.congestionWindow;
    acknowledge(controller, 8, 1_002);
    assert.equal(controller.congestionWindow, before, 'no growth by packets sent before recovery');
    controller.congestionEvent(1_500, 2_000);
    assert.ok(controller.congestionWindow < before);
  });

  test(`${name}: in recovery the flight comes down packet by packet, RFC 9002 §7.3.2, RFC 6937`, () => {
    const controller = create();
    for (let i = 0; i < 10; i++) controller.packetSent(SIZE, 0);
    controller.packetLost(SIZE);
    controller.congestionEvent(0, 100);
    assert.ok(controller.room < SIZE, 'nothing before something arrived');
    let sent = 0;
    let leastFlight = controller.bytesInFlight;
    for (let i = 0; i < 9; i++) {
      acknowledge(controller, 0, 200 + i);
      while (controller.room >= SIZE) {
        controller.packetSent(SIZE, 200 + i);
        sent += 1;
      }
      leastFlight = Math.min(leastFlight, controller.bytesInFlight);
    }
    assert.equal(sent, Math.floor(10 * factor), 'the new window, once all of the old one arrived');
    assert.ok(leastFlight >= Math.floor(10 * factor) * SIZE - SIZE);
    assert.ok(controller.bytesInFlight <= controller.congestionWindow);
    // The first acknowledgement of what was sent in recovery ends it.
    acknowledge(controller, 200, 300);
    const left = controller.congestionWindow - controller.bytesInFlight;
    assert.equal(Math.floor(controller.room), left);
  });

  test(`${name}: an application-limited window does not grow, RFC 9002 §7.8`, () => {
    const controller = create();
    controller.setApplicationLimited(true, 0);
    roundTrip(controller, 0);
    assert.equal(controller.congestionWindow, 10 * SIZE);
    controller.setApplicationLimited(false, RTT);
    roundTrip(controller, RTT);
    assert.equal(controller.congestionWindow, 20 * SIZE);
  });

  test(`${name}: persistent congestion leaves the minimum window, RFC 9002 §7.6.2`, () => {
    const controller = create();
    roundTrip(controller, 0);
    controller.congestionEvent(0, RTT);
    controller.persistentCongestion(RTT);
    assert.equal(controller.congestionWindow, 2 * SIZE);
    assert.equal(controller.inSlowStart, true);
    roundTrip(controller, RTT + 1);
    assert.equal(controller.congestionWindow, 4 * SIZE);
  });

  test(`${name}: the window never falls below its minimum`, () => {
    const controller = create();
    for (let i = 1; i < 50; i++) controller.congestionEvent(i * 10, i * 10 + 5);
    assert.equal(controller.congestionWindow, 2 * SIZE);
  });

  test(`${name}: discarded packets leave the flight without a signal, RFC 9002 §6.4`, () => {
    const controller = create();
    controller.packetSent(SIZE, 0);
    controller.packetDiscarded(SIZE);
    assert.equal(controller.bytesInFlight, 0);
    assert.equal(controller.congestionWindow, 10 * SIZE);
  });
}

test('newreno: one datagram more per round trip in congestion avoidance, RFC 9002 §7.3.3', () => {
  const controller = new NewReno(SIZE);
  controller.congestionEvent(1, 2);
  assert.equal(controller.congestionWindow, 5 * SIZE);
  roundTrip(controller, 10);
  assert.equal(controller.congestionWindow, 6 * SIZE);
  roundTrip(controller, 10 + RTT);
  assert.equal(controller.congestionWindow, 7 * SIZE);
});

/** A window of `segments` in congestion avoidance after a loss at `segments / 0.7`. */
function cubicAfterLoss(segments: number): { controller: Cubic; now: number } {
  const controller = new Cubic(SIZE);
  let now = 0;
  while (controller.congestionWindow < (segments / 0.7) * SIZE) {
    controller.packetSent(SIZE);
    acknowledge(controller, now, now);
    now += 1;
  }
  controller.congestionEvent(now, now);
  return { controller, now: now + 1 };
}

test('cubic: back at W_max after K, flat there, then convex, RFC 9438 §4.2', () => {
  const { controller, now: start } = cubicAfterLoss(700);
  const segments = (): number => controller.congestionWindow / SIZE;
  assert.ok(Math.abs(segments() - 700) < 2);
  // K = cbrt(1000 * 0.3 / 0.4) = 9.1 s
  const windows: number[] = [];
  for (let now = start; now < start + 20_000_000; now += RTT) {
    roundTrip(controller, now);
    windows.push(segments());
  }
  const at = (seconds: number): number =>
    windows[Math.round((seconds * 1_000_000) / RTT)] as number;
  assert.ok(Math.abs(at(9.1) - 1000) < 15, `${at(9.1)} at K`);
  const early = at(1) - at(0);
  const middle = at(9.5) - at(8.5);
  const late = at(18) - at(17);
  assert.ok(early > 5 * middle, 'concave');
  assert.ok(late > 5 * middle, 'convex');
  for (let i = 1; i < windows.length; i++) {
    assert.ok((windows[i] as number) >= (windows[i - 1] as number));
  }
});

test('cubic: as fast as Reno where windows are small, RFC 9438 §4.3', () => {
  const cubic = cubicAfterLoss(14).controller;
  const before = cubic.congestionWindow / SIZE;
  for (let i = 0; i < 10; i++) roundTrip(cubic, 1_000_000 + i * 10_000);
  // 10 round trips of 10 ms: the cubic function has hardly moved in 0.1 s; Reno gives 0.53 each.
  const grown = cubic.congestionWindow / SIZE - before;
  assert.ok(grown > 4 && grown < 6, `${grown}`);
});

test('cubic: one segment per round trip once back at the window before the loss, RFC 9438 §4.3', () => {
  const { controller, now } = cubicAfterLoss(14);
  // A second loss at once: W_max is 0.85 of the window, but Reno is back only at the whole of it.
  controller.congestionEvent(now, now);
  const segments = (): number => controller.congestionWindow / SIZE;
  const before = 14;
  let last = segments();
  for (let i = 0; i < 30; i++) {
    roundTrip(controller, now + 1 + i * 1_000);
    const grown = segments() - last;
    if (segments() < before) assert.ok(grown < 0.6, `${grown} at ${segments()}`);
    if (last > before + 1) assert.ok(grown > 0.85, `${grown} at ${segments()}`);
    last = segments();
  }
  assert.ok(last > before + 5);
});

test('cubic: fast convergence gives up bandwidth where the maximum fell, RFC 9438 §4.7', () => {
  const once = cubicAfterLoss(700);
  const twice = cubicAfterLoss(700);
  twice.controller.congestionEvent(twice.now, twice.now);
  once.controller.congestionEvent(once.now, once.now);
  assert.equal(Math.round(once.controller.congestionWindow / SIZE), 490);
  // W_max is now 700 * 0.85 = 595, not 700: K = cbrt((595 - 490) / 0.4) = 6.4 s
  let now = twice.now + 10;
  const end = now + 6_400_000;
  for (; now < end; now += RTT) roundTrip(twice.controller, now);
  assert.ok(Math.abs(twice.controller.congestionWindow / SIZE - 595) < 10);
});

test('cubic: time without data does not count, RFC 9438 §5.8', () => {
  const { controller, now } = cubicAfterLoss(700);
  roundTrip(controller, now);
  controller.setApplicationLimited(true, now + RTT);
  controller.setApplicationLimited(false, now + 60_000_000);
  const before = controller.congestionWindow;
  roundTrip(controller, now + 60_000_000);
  assert.ok(controller.congestionWindow < before * 1.02);
});
