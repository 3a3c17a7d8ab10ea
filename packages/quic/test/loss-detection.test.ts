import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NewReno } from '../src/recovery/congestion/newreno.ts';
import { LossDetection, Space, type TimerConditions } from '../src/recovery/loss-detection.ts';
import { RttEstimator } from '../src/recovery/rtt.ts';
import { SentPackets } from '../src/recovery/sent-packets.ts';

const SIZE = 1200;
const NEVER = Number.POSITIVE_INFINITY;

const confirmed: TimerConditions = {
  atAmplificationLimit: false,
  peerValidatedAddress: true,
  hasHandshakeKeys: true,
  handshakeConfirmed: true,
};
const clientInHandshake: TimerConditions = {
  atAmplificationLimit: false,
  peerValidatedAddress: false,
  hasHandshakeKeys: false,
  handshakeConfirmed: false,
};

/** One path with all three packet number spaces. */
function path(): Path {
  return new Path();
}

class Path {
  readonly rtt = new RttEstimator();
  readonly congestion = new NewReno(SIZE);
  readonly acknowledged: number[] = [];
  readonly lost: number[] = [];
  readonly loss: LossDetection<string>;

  constructor() {
    this.loss = new LossDetection<string>(this.rtt, this.congestion, {
      packetAcknowledged: (packet) => this.acknowledged.push(packet.number),
      packetLost: (packet) => this.lost.push(packet.number),
    });
    for (const space of [Space.initial, Space.handshake, Space.application]) {
      this.loss.addSpace(space, new SentPackets<string>());
    }
  }

  send(space: Space, now: number, ackEliciting = true): number {
    const number = this.loss.space(space)?.add(now, SIZE, ackEliciting, true) as number;
    this.loss.packetSent(SIZE, now);
    return number;
  }

  ack(
    space: Space,
    ranges: readonly (readonly [number, number])[],
    now: number,
    conditions = confirmed,
    ackDelay = 0,
  ): boolean {
    const flat = Float64Array.from(ranges.flat());
    return this.loss.ackReceived(space, flat, ranges.length, ackDelay, conditions, now);
  }
}

test('an RTT sample needs the largest to be new and something ack-eliciting, RFC 9002 §5.1', () => {
  const p = path();
  p.send(Space.application, 0);
  p.send(Space.application, 10_000, false);
  p.send(Space.application, 20_000);
  p.ack(Space.application, [[1, 1]], 30_000);
  assert.equal(p.rtt.latest, 0, 'only padding was acknowledged');
  p.ack(Space.application, [[0, 1]], 40_000);
  assert.equal(p.rtt.latest, 0, 'the largest was known');
  p.ack(Space.application, [[0, 2]], 70_000);
  assert.equal(p.rtt.latest, 50_000);
  assert.deepEqual(p.acknowledged, [1, 0, 2]);
});

test('the ack delay is capped to max_ack_delay once the handshake is confirmed, RFC 9002 §5.3', () => {
  const smoothedAfter = (space: Space, conditions: TimerConditions): number => {
    const p = path();
    p.send(space, 0);
    p.ack(space, [[0, 0]], 100_000, conditions);
    p.send(space, 200_000);
    p.ack(space, [[1, 1]], 400_000, conditions, 60_000);
    return p.rtt.smoothed;
  };
  const smoothed = (adjusted: number): number => 0.875 * 100_000 + 0.125 * adjusted;
  assert.equal(smoothedAfter(Space.application, confirmed), smoothed(175_000));
  assert.equal(smoothedAfter(Space.application, clientInHandshake), smoothed(140_000));
  assert.equal(smoothedAfter(Space.initial, clientInHandshake), smoothed(200_000));
});

test('an ACK of a packet never sent is refused, RFC 9000 §13.1', () => {
  const p = path();
  p.send(Space.application, 0);
  assert.equal(p.ack(Space.application, [[0, 1]], 10), false);
  p.loss.space(Space.application)?.skip();
  p.send(Space.application, 0);
  assert.equal(
    p.ack(
      Space.application,
      [
        [2, 2],
        [0, 0],
      ],
      10,
    ),
    true,
  );
  assert.equal(p.ack(Space.application, [[0, 2]], 10), false);
});

test('loss by packet threshold reduces the window once, RFC 9002 §B.8', () => {
  const p = path();
  for (let i = 0; i < 10; i++) p.send(Space.application, i);
  p.ack(Space.application, [[5, 9]], 100_000);
  assert.deepEqual(p.lost, [0, 1, 2, 3, 4]);
  assert.equal(p.loss.packetsLost, 5);
  assert.equal(p.congestion.bytesInFlight, 0);
  // Slow start added 5 packets before the event halved the window.
  assert.equal(p.congestion.congestionWindow, 7.5 * SIZE);
});

test('the loss timer declares packets lost by time, RFC 9002 §A.8, §A.9', () => {
  const p = path();
  p.send(Space.application, 0);
  p.send(Space.application, 10_000);
  p.ack(Space.application, [[1, 1]], 90_000);
  const delay = 1.125 * 80_000;
  assert.deepEqual(p.lost, [0]);
  const q = path();
  q.send(Space.application, 0);
  q.send(Space.application, 0);
  q.ack(Space.application, [[1, 1]], 80_000);
  assert.deepEqual(q.lost, []);
  assert.equal(q.loss.deadline(confirmed), delay);
  assert.equal(q.loss.handleTimeout(confirmed, delay - 1), 'none');
  assert.equal(q.loss.handleTimeout(confirmed, delay), 'loss');
  assert.equal(q.loss.timerSpace, Space.application);
  assert.deepEqual(q.lost, [0]);
  assert.equal(q.loss.ptoCount, 0);
  assert.equal(q.loss.deadline(confirmed), NEVER);
});

test('the probe timeout doubles until an acknowledgement, RFC 9002 §6.2.1', () => {
  const p = path();
  p.send(Space.application, 0);
  p.ack(Space.application, [[0, 0]], 100_000);
  p.send(Space.application, 200_000);
  const pto = 100_000 + 4 * 50_000 + 25_000;
  assert.equal(p.loss.probeTimeout, pto);
  assert.equal(p.loss.deadline(confirmed), 200_000 + pto);
  assert.equal(p.loss.handleTimeout(confirmed, 200_000 + pto), 'probe');
  assert.equal(p.loss.ptoCount, 1);
  assert.deepEqual(p.lost, [], 'a probe timeout declares nothing lost');
  p.send(Space.application, 600_000);
  assert.equal(p.loss.deadline(confirmed), 600_000 + 2 * pto);
  p.ack(Space.application, [[2, 2]], 650_000);
  assert.equal(p.loss.ptoCount, 0);
});

test('a probe that cannot be sent does not keep the timer from moving on', () => {
  const p = path();
  p.send(Space.application, 0);
  for (let i = 0; i < 40; i++) {
    const deadline = p.loss.deadline(confirmed);
    assert.equal(p.loss.handleTimeout(confirmed, deadline), 'probe');
    assert.ok(p.loss.deadline(confirmed) > deadline);
  }
});

test('the smallest of the timeouts of Initial and Handshake counts, without max_ack_delay, RFC 9002 §A.8', () => {
  const p = path();
  p.send(Space.handshake, 1_000);
  p.send(Space.initial, 5_000);
  assert.equal(p.loss.deadline(clientInHandshake), 1_000 + 999_000);
  assert.equal(p.loss.timerSpace, Space.handshake);
});

test('application data is not probed before the handshake is confirmed, RFC 9002 §6.2.1', () => {
  const p = path();
  p.send(Space.application, 0);
  assert.equal(p.loss.deadline({ ...confirmed, handshakeConfirmed: false }), NEVER);
  assert.ok(p.loss.deadline(confirmed) < NEVER);
});

test('no timer at the anti-amplification limit, RFC 9002 §6.2.2.1', () => {
  const p = path();
  p.send(Space.initial, 0);
  assert.equal(p.loss.deadline({ ...confirmed, atAmplificationLimit: true }), NEVER);
});

test('a client probes with nothing in flight until the server validated it, RFC 9002 §6.2.2.1', () => {
  const p = path();
  p.send(Space.initial, 0);
  p.ack(Space.initial, [[0, 0]], 100_000, clientInHandshake);
  const pto = 100_000 + 200_000;
  assert.equal(p.loss.deadline(clientInHandshake), 100_000 + pto);
  assert.equal(p.loss.timerSpace, Space.initial);
  assert.equal(p.loss.handleTimeout(clientInHandshake, 400_000), 'probe');
  assert.equal(
    p.loss.deadline({ ...clientInHandshake, hasHandshakeKeys: true }),
    400_000 + 2 * pto,
  );
  assert.equal(p.loss.timerSpace, Space.handshake);
  assert.equal(p.loss.deadline({ ...clientInHandshake, peerValidatedAddress: true }), NEVER);
});

test('backoff stays until the server validated the address, RFC 9002 §6.2.1', () => {
  const p = path();
  p.send(Space.initial, 0);
  assert.equal(p.loss.handleTimeout(clientInHandshake, 2_000_000), 'probe');
  p.send(Space.initial, 2_000_000);
  p.ack(Space.initial, [[1, 1]], 2_100_000, clientInHandshake);
  assert.equal(p.loss.ptoCount, 1);
});

test('discarding keys takes packets out of flight and resets the backoff, RFC 9002 §A.11', () => {
  const p = path();
  p.send(Space.initial, 0);
  p.send(Space.initial, 0);
  p.loss.handleTimeout(clientInHandshake, 5_000_000);
  const forgotten: number[] = [];
  p.loss.discardSpace(Space.initial, 5_000_001, (packet) => forgotten.push(packet.number));
  assert.deepEqual(forgotten, [0, 1]);
  assert.equal(p.congestion.bytesInFlight, 0);
  assert.equal(p.congestion.congestionWindow, 10 * SIZE);
  assert.equal(p.loss.ptoCount, 0);
  assert.equal(p.loss.space(Space.initial), undefined);
  assert.equal(p.ack(Space.initial, [[0, 0]], 5_000_002), true, 'ignored');
});

test('persistent congestion: all lost for three probe timeouts, RFC 9002 §7.6', () => {
  const p = path();
  p.send(Space.application, 0);
  p.ack(Space.application, [[0, 0]], 100_000);
  const duration = 3 * p.loss.probeTimeout;
  p.send(Space.application, 200_000);
  p.send(Space.application, 200_000 + duration + 1);
  p.send(Space.application, 200_001 + duration + 200_000);
  const minimumBefore = p.rtt.minimum;
  p.ack(Space.application, [[3, 3]], 200_001 + duration + 300_000);
  assert.deepEqual(p.lost, [1, 2]);
  assert.equal(p.congestion.congestionWindow, 2 * SIZE);
  assert.equal(minimumBefore, 100_000);
  p.send(Space.application, 10_000_000);
  p.ack(Space.application, [[4, 4]], 10_300_000);
  assert.equal(p.rtt.minimum, 300_000, 'min_rtt starts over, RFC 9002 §5.2');
});

test('a shorter span is ordinary loss', () => {
  const p = path();
  p.send(Space.application, 0);
  p.ack(Space.application, [[0, 0]], 100_000);
  p.send(Space.application, 200_000);
  p.send(Space.application, 300_000);
  p.send(Space.application, 400_000);
  p.ack(Space.application, [[3, 3]], 500_000);
  assert.deepEqual(p.lost, [1, 2]);
  assert.ok(p.congestion.congestionWindow > 2 * SIZE);
});

test('ECN-CE counts as a congestion event, RFC 9002 §B.7', () => {
  const p = path();
  p.send(Space.application, 10);
  p.loss.congestionExperienced(10, 100_000);
  assert.equal(p.congestion.congestionWindow, 5 * SIZE);
});

test('a path that changed address starts its backoff over', () => {
  const p = path();
  p.send(Space.application, 0);
  p.loss.handleTimeout(confirmed, 10_000_000);
  p.loss.resetBackoff(10_000_000);
  assert.equal(p.loss.ptoCount, 0);
});
