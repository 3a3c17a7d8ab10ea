import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MtuDiscovery } from '../src/recovery/mtu-discovery.ts';
import type { PathSnapshot } from '../src/snapshots.ts';
import { descendingRanges } from './scripted-frames.ts';
import { ScriptedPeer } from './scripted-peer.ts';
import type { SimulatedPeer } from './simulated-peer.ts';
import { TwoPathScene } from './two-path-scene.ts';

const SECOND = 1_000_000;

test('after a blackout of any length a path takes large datagrams again', () => {
  for (const blackout of [100_000, 200_000, 300_000, 500_000, 900_000]) {
    const scene = new TwoPathScene({ seed: 3, link: { delay: 10_000 } }).handshake();
    scene.openSecondPath();
    const { connection } = scene.client;
    const whole = connection.maxDatagramSize;
    const send = (milliseconds: number): void => {
      for (let i = 0; i < milliseconds; i += 5) {
        scene.client.send(2_000);
        scene.simulation.runFor(5_000);
      }
    };
    send(100);
    const blackhole = (on: boolean): void => {
      scene.wires[0].forth.set({ blackhole: on });
      scene.wires[0].back.set({ blackhole: on });
    };
    blackhole(true);
    send(blackout / 1000);
    assert.equal(connection.maxDatagramSize, whole, 'by the other path');
    blackhole(false);
    send(1_000);
    assert.equal(connection.maxDatagramSize, whole, `after ${blackout} us`);
    assert.ok(connection.paths().every(({ suspect }) => !suspect));
  }
});

test('a path that really passes only small datagrams stays with them', () => {
  const scene = new TwoPathScene({ seed: 3, link: { delay: 10_000 } }).handshake();
  scene.openSecondPath();
  const { connection } = scene.client;
  const whole = connection.maxDatagramSize;
  scene.client.send(50_000);
  scene.simulation.runFor(SECOND / 2);
  for (const wire of scene.wires) wire.forth.set({ mtu: 1250 });
  for (let i = 0; i < 100; i++) {
    scene.client.send(10_000);
    scene.simulation.runFor(SECOND / 20);
  }
  assert.ok(connection.maxDatagramSize < whole);
  for (const wire of scene.wires) wire.forth.set({ mtu: 1500 });
  for (let i = 0; i < 200; i++) {
    scene.client.send(10_000);
    scene.simulation.runFor(SECOND / 10);
  }
  assert.equal(connection.maxDatagramSize, whole, 'and finds out when that is over');
});

/** The search against a path that passes `mtu` octets; what it found, and with how many probes. */
function search(discovery: MtuDiscovery, mtu: number, now: number): readonly [number, number] {
  let probes = 0;
  for (let size = discovery.probeDue(now); size > 0; size = discovery.probeDue(now)) {
    probes += 1;
    discovery.probeSent(size);
    assert.equal(discovery.probeDue(now), 0, 'one at a time');
    if (size <= mtu) discovery.probeAcknowledged(size, now);
    else discovery.probeLost(size, now);
  }
  return [discovery.size, probes];
}

test('RFC 8899 §5.3: the search finds what fits, with few probes', () => {
  for (const mtu of [1350, 1372, 1400, 1452, 2000, 4000, 8952, 8999]) {
    const [size, probes] = search(new MtuDiscovery(1350, 9000), mtu, 0);
    assert.ok(size <= mtu && size > mtu - 20 - 1, `${size} of ${mtu}`);
    assert.ok(probes <= 36, `${probes} probes`);
  }
  assert.deepEqual(search(new MtuDiscovery(1350, 9000), 9000, 0), [9000, 1], 'the largest first');
});

test('RFC 8899 §5.1.2: a size is given up after three probes, not after one', () => {
  const discovery = new MtuDiscovery(1350, 1452);
  for (let i = 0; i < 2; i++) {
    discovery.probeSent(discovery.probeDue(0));
    discovery.probeLost(1452, 0);
  }
  assert.equal(discovery.probeDue(0), 1452);
  discovery.probeSent(1452);
  assert.equal(discovery.probeAcknowledged(1452, 0), true);
  assert.equal(discovery.probeDue(0), 0);
});

test('RFC 8899 §5.1.1: the search begins anew after ten minutes', () => {
  const discovery = new MtuDiscovery(1350, 1452);
  search(discovery, 1350, 0);
  assert.equal(discovery.probeDue(599 * SECOND), 0);
  assert.deepEqual(search(discovery, 1500, 600 * SECOND), [1452, 1]);
});

test('RFC 8899 §4.3: large packets lost again and again, and none received, are a black hole', () => {
  const discovery = new MtuDiscovery(1452, 1452);
  assert.equal(discovery.packetLost(1452, 1), false);
  assert.equal(discovery.packetLost(1452, 1), false, 'the same acknowledgement');
  assert.equal(discovery.packetLost(1200, 2), false, 'a small one says nothing');
  assert.equal(discovery.packetLost(1452, 2), false);
  discovery.packetAcknowledged(1452);
  assert.equal(discovery.packetLost(1452, 3), false);
  assert.equal(discovery.packetLost(1452, 4), false);
  discovery.packetAcknowledged(600);
  assert.equal(discovery.packetLost(1452, 5), true);
  discovery.shrink();
  assert.equal(discovery.size, 1200);
  assert.equal(discovery.probeDue(6), 0, 'not before the path answers');
  discovery.answered(7);
  assert.equal(discovery.probeDue(7), 1452);
});

/** A scene whose ends search up to `mtuDiscoveryLimit`, over links that pass `mtu` octets. */
function searching(mtuDiscoveryLimit: number, mtu: number, seed = 1): TwoPathScene {
  const link = { delay: 10_000, rate: 50_000_000, mtu };
  return new TwoPathScene({ seed, link, config: () => ({ mtuDiscoveryLimit }) }).handshake();
}

function sizeOf(peer: SimulatedPeer): number | undefined {
  return peer.connection.paths()[0]?.maxDatagramSize;
}

test('RFC 9000 §14.3: a transfer finds the MTU of its path, and does not suffer from the search', () => {
  for (const [limit, mtu] of [
    [1452, 1500],
    [1452, 1400],
    [8952, 1500],
    [8952, 9000],
  ] as const) {
    const scene = searching(limit, mtu);
    scene.client.send(3_000_000);
    scene.runUntilDelivered(20 * SECOND);
    const size = sizeOf(scene.client) ?? 0;
    const best = Math.min(limit, mtu);
    assert.ok(size <= best && size > best - 49, `${size} of ${best}`);
    const tooLarge = scene.wires[0].forth.statistics.tooLarge;
    assert.ok(tooLarge <= 24, `${tooLarge} probes were lost`);
    assert.ok(scene.now < 2 * SECOND, `it took ${scene.now} us`);
    const [path] = scene.client.connection.paths();
    assert.ok((path?.congestionWindow ?? 0) > 20_000, 'lost probes are no congestion');
  }
});

test('without data to fill larger packets nothing is probed, and without a limit nothing at all', () => {
  const quiet = searching(1452, 1500);
  for (let i = 0; i < 20; i++) {
    quiet.client.send(300);
    quiet.simulation.runFor(50_000);
  }
  assert.equal(sizeOf(quiet.client), 1350);
  const off = searching(0, 1500);
  off.client.send(500_000);
  off.runUntilDelivered(20 * SECOND);
  assert.equal(sizeOf(off.client), 1350);
});

test('RFC 8899 §4.3: a path that stops passing large packets goes on with small ones, and recovers', () => {
  for (let seed = 1; seed <= 4; seed++) {
    const scene = searching(1452, 1500, seed);
    scene.client.send(500_000);
    scene.runUntilDelivered(20 * SECOND);
    assert.equal(sizeOf(scene.client), 1452);
    scene.wires[0].forth.set({ mtu: 1260 });
    scene.client.send(500_000);
    scene.runUntilDelivered(30 * SECOND);
    const small = sizeOf(scene.client) ?? 0;
    assert.ok(small <= 1260, `${small}`);
    scene.wires[0].forth.set({ mtu: 1500 });
    for (let i = 0; i < 100; i++) {
      scene.client.send(20_000);
      scene.simulation.runFor(SECOND / 5);
    }
    assert.equal(sizeOf(scene.client), 1452, `seed ${seed}`);
  }
});

test('RFC 9000 §14.3: each path has an MTU of its own', () => {
  const link = { delay: 10_000, rate: 20_000_000, mtu: 1500 };
  const config = () => ({ mtuDiscoveryLimit: 1452 });
  const scene = new TwoPathScene({ seed: 1, link, second: { ...link, mtu: 1390 }, config });
  scene.handshake().openSecondPath();
  scene.client.send(3_000_000);
  scene.runUntilDelivered(20 * SECOND);
  const [first, second] = scene.client.connection.paths().map((path) => path.maxDatagramSize);
  assert.equal(first, 1452);
  assert.ok(second !== undefined && second <= 1390 && second > 1369, `${second}`);
});

test('RFC 9000 §18.2: no probe is larger than what the peer takes', () => {
  const peer = new ScriptedPeer('client', {
    parameters: { maxUdpPayloadSize: 1400, initialMaxData: 2 ** 24 },
    server: { mtuDiscoveryLimit: 9000 },
  }).establish();
  const streamId = peer.connection.openStream('uni') as number;
  peer.connection.writeStream(streamId, new Uint8Array(100_000), true);
  for (let i = 0; i < 10; i++) {
    peer.acknowledgeAll();
    peer.advance(30_000);
  }
  const largest = Math.max(...peer.seen.map(({ datagramLength }) => datagramLength));
  assert.equal(largest, 1400);
});

test('RFC 8899 §4.3: a size of which no packet ever arrived is given up at the first probe timeout', () => {
  for (const mtu of [1200, 1300]) {
    const link = { delay: 200_000, rate: 50_000_000, mtu };
    const scene = new TwoPathScene({ seed: 1, link }).handshake();
    const { pto } = scene.server.connection.paths()[0] as PathSnapshot;
    const start = scene.now;
    scene.server.send(5_000);
    scene.runUntilDelivered(20 * SECOND);
    assert.ok(scene.now - start < 2 * pto, `${scene.now - start} us, a PTO is ${pto} us`);
  }
});

test('RFC 8899 §4.3: that small packets arrive does not keep up a size of which none ever did', () => {
  const peer = new ScriptedPeer('client', { parameters: { initialMaxData: 2 ** 24 } }).establish();
  const streamId = peer.connection.openStream('uni') as number;
  peer.connection.writeStream(streamId, new Uint8Array(100_000), true);
  const arrived = new Set<number>();
  for (let i = 0; i < 8; i++) {
    peer.seen.length = 0;
    peer.connection.ping(peer.now);
    peer.advance(20_000);
    for (const { datagramLength, packetNumber } of peer.seen) {
      if (datagramLength <= 1200) arrived.add(packetNumber);
    }
    const ranges = descendingRanges([...arrived]);
    const fields = { ackDelay: 0, rangeCount: ranges.length / 2, ranges, ecn: undefined };
    if (arrived.size > 0) peer.write([{ type: 'ack', ...fields }]);
  }
  const streams = peer.seen.filter(({ frame }) => frame.type === 'stream');
  assert.ok(streams.length > 0);
  assert.ok(streams.every(({ datagramLength }) => datagramLength <= 1200));
});

test('connections that carry datagrams look for larger packets, for datagrams cannot be split', () => {
  const scene = searching(1452, 1500);
  scene.openSecondPath();
  const { connection } = scene.client;
  const atFirst = connection.maxDatagramSize;
  connection.sendDatagram(new Uint8Array(100), 0);
  scene.simulation.runFor(SECOND);
  for (const peer of [scene.client, scene.server]) {
    assert.equal(peer.connection.maxDatagramSize, atFirst + 102, 'over both paths, both ways');
  }
});
