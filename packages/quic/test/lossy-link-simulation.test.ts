import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LinkOptions } from '@mpquic/testkit';
import { TwoPathScene } from './two-path-scene.ts';

const SECOND = 1_000_000;
const FULL_PACKET = 1480;

/** The QUIC interop runner's link: 10 Mbit/s, 15 ms, 25 packets of queue. */
const RUNNER_LINK: LinkOptions = { delay: 15_000, rate: 10_000_000, queueLimit: 25 * FULL_PACKET };

const config = () => ({ mtuDiscoveryLimit: 1472, initialMaxPathId: undefined });

/** Seconds that a download takes from its first octet on, and how many packets the client answered it with. */
function download(link: LinkOptions, octets: number, seed: number) {
  const scene = new TwoPathScene({ seed, link, config }).handshake();
  const { forth } = scene.wires[0];
  const sentBefore = forth.statistics.sent;
  const deliveredBefore = scene.wires[0].back.statistics.delivered;
  const start = scene.now;
  scene.server.send(octets);
  scene.runUntilDelivered(120 * SECOND);
  const packets = scene.wires[0].back.statistics.delivered - deliveredBefore;
  return {
    seconds: (scene.now - start) / SECOND,
    acksPerPacket: (forth.statistics.sent - sentBefore) / packets,
  };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The mean over many seeds is 4.4 s with a deviation of 0.8 s. */
test('2 MB at 2 % loss take 4.5 s on average over the runner link', () => {
  const runs = Array.from({ length: 16 }, (_, i) =>
    download({ ...RUNNER_LINK, loss: 0.02 }, 2_000_000, i + 1),
  );
  const seconds = mean(runs.map((run) => run.seconds));
  assert.ok(seconds < 4.7, `${seconds} s`);
  // A window of ten packets: one that waits for the next one's acknowledgement is a tenth of it.
  const acks = mean(runs.map((run) => run.acksPerPacket));
  assert.ok(acks > 0.8, `${acks} acknowledgements per packet`);
});

test('a fast path answers every second packet', () => {
  const fast = { delay: 15_000, rate: 200_000_000, queueLimit: 1_000_000 };
  const { acksPerPacket } = download(fast, 3_000_000, 1);
  assert.ok(acksPerPacket < 0.55, `${acksPerPacket} acknowledgements per packet`);
});

test('10 MB without loss fill 93 % of the runner link', () => {
  const { seconds } = download(RUNNER_LINK, 10_000_000, 1);
  const share = (10_000_000 * 8) / seconds / 10_000_000;
  assert.ok(share > 0.93, `${share}`);
});

test('handshakes at 30 % loss: all complete, in 1.1 s on average', () => {
  const times = Array.from({ length: 100 }, (_, i) => {
    const scene = new TwoPathScene({ seed: i + 1, link: { ...RUNNER_LINK, loss: 0.3 }, config });
    return scene.handshake(40 * SECOND).now / SECOND;
  });
  // RFC 9002 §6.2.2: without a round-trip time, one lost datagram costs a second.
  assert.ok(mean(times) < 1.4, `${mean(times)} s`);
});
