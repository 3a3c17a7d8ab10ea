import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LinkOptions } from '@mpquic/testkit';
import type { PathSnapshot } from '../src/snapshots.ts';
import { fixedSplitScheduler } from '../src/steering/load-balancing.ts';
import { CLIENT_3GPP, TwoPathScene } from './two-path-scene.ts';

const SECOND = 1_000_000;

const links: readonly [string, LinkOptions][] = [
  ['wide links', { delay: 10_000 }],
  ['slow links', { delay: 10_000, rate: 40_000_000, queueLimit: 200_000 }],
  ['loss and reordering', { delay: 10_000, loss: 0.02, reordering: 0.05, reorderingDelay: 3_000 }],
];

interface Outcome {
  readonly finishedAt: number;
  readonly paths: readonly (readonly PathSnapshot[])[];
}

/** Streams both ways over two paths. With `observed`, every packet is made in the general way, one by one. */
function transfer(seed: number, link: LinkOptions, observed: boolean, split: boolean): Outcome {
  let seen = 0;
  const observer = {
    packetSent: () => {
      seen += 1;
    },
  };
  const accessOf = ({ local }: { readonly local: { readonly host: string } }) =>
    local.host === CLIENT_3GPP.host ? '3gpp' : 'non-3gpp';
  const scene = new TwoPathScene({
    seed,
    link,
    config: () => ({
      ...(observed ? { observer } : {}),
      ...(split ? { scheduler: fixedSplitScheduler(30, accessOf) } : {}),
    }),
  }).handshake();
  scene.openSecondPath();
  for (let i = 0; i < 3; i++) scene.server.send(300_001, 'uni');
  scene.client.send(200_000, 'uni');
  scene.runUntilDelivered(120 * SECOND);
  assert.equal(seen > 0, observed);
  return {
    finishedAt: scene.now,
    paths: [scene.client, scene.server].map(({ connection }) => connection.paths()),
  };
}

for (const [name, link] of links) {
  test(`packets of a bulk transfer that are made together are those made one by one: ${name}`, () => {
    for (const seed of [1, 2]) {
      assert.deepEqual(transfer(seed, link, false, false), transfer(seed, link, true, false));
    }
  });
}

test('a scheduler that is asked for every packet sees the same either way', () => {
  const link = { delay: 10_000, rate: 40_000_000, queueLimit: 200_000 };
  assert.deepEqual(transfer(3, link, false, true), transfer(3, link, true, true));
});
