import assert from 'node:assert/strict';
import test from 'node:test';
import { SizeProbe } from '../src/paths/size-probe.ts';
import { TwoPathScene } from './two-path-scene.ts';

const SECOND = 1_000_000;

test('a size is tried once the path answers, then at growing intervals until it passes', () => {
  const probe = new SizeProbe();
  assert.equal(probe.isDue(0), false);
  probe.answered(0);
  assert.equal(probe.isDue(0), false, 'nothing to find out');
  probe.shrunk(1350);
  probe.shrunk(1200);
  assert.equal(probe.size, 1350);
  assert.equal(probe.isDue(10), false, 'the path is silent');
  probe.answered(10);
  assert.equal(probe.isDue(10), true);
  probe.sent(10);
  probe.answered(20);
  assert.equal(probe.isDue(SECOND), false);
  assert.equal(probe.isDue(SECOND + 10), true);
  for (let wait = 2, now = SECOND + 10; wait <= 256; wait *= 2) {
    probe.sent(now);
    now += Math.min(wait, 64) * SECOND;
    assert.equal(probe.isDue(now - 1), false);
    assert.equal(probe.isDue(now), true);
  }
  probe.acknowledged();
  assert.equal(probe.size, 0);
  assert.equal(probe.isDue(Number.MAX_SAFE_INTEGER), false);
});

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
    send(2_000);
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
