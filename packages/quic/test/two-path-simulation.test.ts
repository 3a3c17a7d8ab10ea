import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LinkOptions } from '@mpquic/testkit';
import type { SimulatedPeer } from './simulated-peer.ts';
import { CLIENT_3GPP, CLIENT_NON_3GPP, SERVER, TwoPathScene } from './two-path-scene.ts';

const SECOND = 1_000_000;
const SEEDS = [1, 2];

/** Sends on several streams from both ends, and runs until all of it arrived. */
function exchange(scene: TwoPathScene, length: number, limit = 60 * SECOND): void {
  for (const peer of [scene.client, scene.server]) {
    for (let i = 0; i < 3; i++) peer.send(length, i === 0 ? 'bidi' : 'uni');
  }
  for (const streamId of scene.client.outgoing.keys()) {
    if (streamId % 4 === 0) answer(scene, scene.server, streamId);
  }
  scene.runUntilDelivered(limit);
}

/** The other end answers on a stream once it knows it. */
function answer(scene: TwoPathScene, peer: SimulatedPeer, streamId: number): void {
  scene.simulation.runUntil(
    () => peer.incoming.has(streamId),
    30 * SECOND,
    'a stream to answer on',
  );
  peer.sendOn(streamId, 10_000);
}

const faults: readonly [string, LinkOptions][] = [
  ['5 % loss', { delay: 15_000, loss: 0.05 }],
  ['reordering', { delay: 15_000, reordering: 0.2, reorderingDelay: 8_000 }],
  ['duplication', { delay: 15_000, duplication: 0.3 }],
  ['corruption', { delay: 15_000, corruption: 0.05 }],
  ['jitter', { delay: 15_000, jitter: 30_000 }],
  ['a slow link with a short queue', { delay: 15_000, rate: 4_000_000, queueLimit: 12_000 }],
  [
    'everything at once',
    {
      delay: 25_000,
      jitter: 5_000,
      loss: 0.03,
      duplication: 0.05,
      reordering: 0.05,
      corruption: 0.02,
      rate: 20_000_000,
    },
  ],
];

for (const [name, link] of faults) {
  test(`two paths with ${name}: handshake, validation, and every octet both ways`, () => {
    for (const seed of SEEDS) {
      const scene = new TwoPathScene({ seed, link }).handshake();
      const pathId = scene.openSecondPath();
      exchange(scene, 150_000);
      for (const peer of [scene.client, scene.server]) {
        const paths = peer.connection.paths();
        assert.equal(paths.length, 2);
        assert.ok(paths.every((path) => path.state === 'active' && path.packetsSent > 0));
        assert.ok(paths.some((path) => path.id === pathId));
      }
      assert.equal(scene.client.closed, undefined);
    }
  });
}

test('half of all datagrams lost: it takes long, but the handshake and the data come through', () => {
  for (const seed of SEEDS) {
    const scene = new TwoPathScene({ seed, link: { delay: 10_000, loss: 0.5 } });
    scene.handshake(60 * SECOND);
    scene.client.send(20_000);
    scene.runUntilDelivered(120 * SECOND);
  }
});

test('both paths carry a share of one stream', () => {
  const link = { delay: 10_000, rate: 40_000_000 };
  const scene = new TwoPathScene({ seed: 1, link }).handshake();
  scene.openSecondPath();
  scene.server.send(3_000_000);
  scene.runUntilDelivered(10 * SECOND);
  const [first, second] = scene.wires.map((wire) => wire.back.statistics.deliveredOctets);
  assert.ok((first as number) > 1_000_000, `${first} octets on the first path`);
  assert.ok((second as number) > 1_000_000, `${second} octets on the second path`);
});

test('a NAT rebinding in mid-transfer moves the path, and nothing is lost', () => {
  for (const seed of SEEDS) {
    const link = { delay: 10_000, rate: 20_000_000 };
    const scene = new TwoPathScene({ seed, link }).handshake();
    scene.openSecondPath();
    scene.client.send(1_000_000);
    scene.server.send(1_000_000);
    scene.simulation.runFor(100_000);
    const visible = { host: '198.51.100.7', port: 61_000 + seed };
    scene.simulation.rebind(CLIENT_3GPP, visible);
    scene.runUntilDelivered(20 * SECOND);
    assert.equal(scene.server.has('path_migrated'), true);
    const moved = scene.server.connection.paths().find((path) => path.id === 0);
    assert.deepEqual(moved?.remote, visible);
    assert.equal(moved?.state, 'active');
  }
});

test('a path that passes only small datagrams does not stop the transfer', () => {
  const scene = new TwoPathScene({
    seed: 1,
    link: { delay: 10_000 },
    second: { delay: 5_000, mtu: 1250 },
    config: () => ({ maxUdpPayloadSize: 1350 }),
  });
  scene.handshake().openSecondPath();
  scene.client.send(300_000);
  scene.server.send(300_000);
  scene.runUntilDelivered(20 * SECOND);
});

test('a blackout of both paths is outlived', () => {
  for (const seed of SEEDS) {
    const link = { delay: 10_000, rate: 20_000_000 };
    const scene = new TwoPathScene({ seed, link }).handshake();
    scene.openSecondPath();
    scene.client.send(1_000_000);
    scene.server.send(1_000_000);
    scene.simulation.runFor(100_000);
    setBlackhole(scene, [0, 1], true);
    scene.simulation.at(scene.now + 4 * SECOND, () => setBlackhole(scene, [0, 1], false));
    scene.runUntilDelivered(40 * SECOND);
  }
});

test('one path blacks out and comes back: nothing is lost, and it carries data again', () => {
  for (const dead of [0, 1]) {
    const link = { delay: 10_000, rate: 20_000_000 };
    const scene = new TwoPathScene({ seed: 5, link }).handshake();
    const pathId = scene.openSecondPath();
    scene.server.send(10_000_000);
    scene.simulation.runFor(200_000);
    setBlackhole(scene, [dead], true);
    scene.simulation.runFor(1 * SECOND);
    setBlackhole(scene, [dead], false);
    const { statistics } = (scene.wires[dead as 0 | 1] as TwoPathScene['wires'][0]).back;
    const before = statistics.deliveredOctets;
    scene.runUntilDelivered(60 * SECOND);
    assert.ok(statistics.deliveredOctets > before + 1_000_000, `path ${pathId} stayed unused`);
    const recovered = scene.server.events.filter((event) => event.type === 'path_suspect');
    assert.deepEqual(
      recovered.map((event) => event.type === 'path_suspect' && event.suspect),
      [true, false],
    );
  }
});

test('a second path that nothing passes is closed, and another takes its place later', () => {
  const scene = new TwoPathScene({ seed: 1 }).handshake();
  scene.simulation.runFor(100_000);
  setBlackhole(scene, [1], true);
  const first = scene.client.connection.openPath(CLIENT_NON_3GPP, SERVER, scene.now);
  assert.equal(first, 1);
  const closed = (): boolean => scene.client.has('path_closed');
  scene.simulation.runUntil(closed, 10 * SECOND, 'the end of the validation');
  setBlackhole(scene, [1], false);
  assert.equal(scene.openSecondPath(), 2);
  scene.client.send(100_000);
  scene.runUntilDelivered(10 * SECOND);
  assert.deepEqual(
    scene.server.connection.paths().map((path) => [path.id, path.state]),
    [
      [0, 'active'],
      [2, 'active'],
    ],
  );
});

function setBlackhole(scene: TwoPathScene, paths: readonly number[], blackhole: boolean): void {
  for (const path of paths) {
    const wire = scene.wires[path as 0 | 1];
    wire.forth.set({ blackhole });
    wire.back.set({ blackhole });
  }
}

test('a path dies in mid-transfer: data flows again within 3 PTO', () => {
  for (const dead of [0, 1]) {
    const link = { delay: 10_000, rate: 40_000_000 };
    const scene = new TwoPathScene({ seed: 1 + dead, link }).handshake();
    scene.openSecondPath();
    scene.server.send(20_000_000);
    scene.simulation.runFor(200_000);
    const pto = Math.max(...scene.server.connection.paths().map((path) => path.pto));
    scene.client.watch(scene.now);
    const before = scene.client.received;
    setBlackhole(scene, [dead], true);
    scene.simulation.runFor(700_000);
    const { longestSilence, received } = scene.client;
    assert.ok(longestSilence <= 3 * pto, `silent for ${longestSilence} us, PTO ${pto} us`);
    assert.ok(received > before + 2_000_000, `${received - before} octets`);
    assert.equal(scene.client.closed, undefined);
  }
});

const SHAPED: LinkOptions = { delay: 10_000, rate: 40_000_000, queueLimit: 100_000 };

/** Octets that the client receives in one second of a transfer, after its first half second. */
function goodput(second?: LinkOptions): number {
  const link = SHAPED;
  const scene = new TwoPathScene({ seed: 1, link, ...(second && { second }) }).handshake();
  if (second !== undefined) scene.openSecondPath();
  scene.server.send(100_000_000);
  scene.simulation.runFor(500_000);
  const before = scene.client.received;
  scene.simulation.runFor(1 * SECOND);
  return scene.client.received - before;
}

test('two shaped paths of 40 Mbit/s and 10 ms carry at least 1.8 times what one does', () => {
  const one = goodput();
  const two = goodput(SHAPED);
  assert.ok(one > 0.9 * 5_000_000, `one path: ${one} octets per second`);
  assert.ok(two >= 1.8 * one, `two paths ${two}, one path ${one}: ${(two / one).toFixed(2)}`);
});

test('paths of unlike delay add up too, for windows follow the slower one', () => {
  const both = goodput({ ...SHAPED, delay: 40_000 });
  assert.ok(both >= 1.6 * 0.9 * 5_000_000, `${both} octets per second`);
});
