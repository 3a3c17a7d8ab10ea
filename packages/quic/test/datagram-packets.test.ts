import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LinkOptions } from '@mpquic/testkit';
import type { PathSnapshot } from '../src/snapshots.ts';
import { TwoPathScene } from './two-path-scene.ts';

const SECOND = 1_000_000;

const links: readonly [string, LinkOptions][] = [
  ['wide links', { delay: 10_000 }],
  ['loss and reordering', { delay: 10_000, loss: 0.02, reordering: 0.05, reorderingDelay: 3_000 }],
];

interface Outcome {
  readonly received: number;
  readonly statuses: readonly (readonly [number, string])[];
  readonly paths: readonly (readonly PathSnapshot[])[];
}

/** Bursts of datagrams over two paths. With `observed`, every packet is made in the general way, one by one. */
function transfer(seed: number, link: LinkOptions, observed: boolean): Outcome {
  let seen = 0;
  const observer = {
    packetSent: () => {
      seen += 1;
    },
  };
  const scene = new TwoPathScene({
    seed,
    link,
    config: () => (observed ? { observer } : {}),
  }).handshake();
  scene.openSecondPath();
  const { client, server } = scene;
  for (let burst = 0; burst < 20; burst++) {
    for (const length of [900, 900, 900, 900, 900, 900, 1000, 900, 900, 300, 300, 300, 300]) {
      client.connection.sendDatagram(new Uint8Array(length).fill(burst));
    }
    scene.simulation.runFor(burst < 10 ? 1_000 : 40_000);
  }
  scene.simulation.runFor(2 * SECOND);
  assert.equal(seen > 0, observed);
  assert.equal(client.datagramStatus.size, 260, 'each has a status');
  return {
    received: server.datagramsReceived,
    statuses: [...client.datagramStatus],
    paths: [client, server].map(({ connection }) => connection.paths()),
  };
}

for (const [name, link] of links) {
  test(`packets of datagrams that are made together are those made one by one: ${name}`, () => {
    for (const seed of [1, 2]) {
      const together = transfer(seed, link, false);
      assert.deepEqual(together, transfer(seed, link, true));
      if (link.loss === undefined) assert.equal(together.received, 260);
      else assert.ok(together.statuses.some(([, status]) => status === 'lost'));
    }
  });
}
