/** Accesses that are cut and come back while the processes at both ends are kept from running: nothing may stall. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LinkOptions, SeededRandom } from '@mpquic/testkit';
import type { ConnectionMachine } from '../src/contract.ts';
import type { SimulatedPeer } from './simulated-peer.ts';
import { CLIENT_3GPP, CLIENT_NON_3GPP, SERVER, TwoPathScene } from './two-path-scene.ts';

const SECOND = 1_000_000;
/** The first ones once found something. */
const QUICK_SEEDS = [101, 483, 1, 2, 3, 4];
/** STALLS=60 searches for a minute, from STALLS_SEED on. */
const SEARCH_MILLISECONDS = 1000 * Number(process.env['STALLS'] ?? 0);
const FIRST_SEED = Number(process.env['STALLS_SEED'] ?? 1);

/** How often it is looked how things stand. */
const STEP = 50_000;
/** How long there are cuts and pauses. */
const TROUBLE = 5 * SECOND;

function randomLink(random: SeededRandom): LinkOptions {
  return {
    delay: 500 + random.below(40_000),
    jitter: random.chance(0.3) ? random.below(20_000) : 0,
    loss: random.chance(0.5) ? 0.03 * random.fraction() : 0,
    reordering: random.chance(0.2) ? 0.05 : 0,
    rate: 5_000_000 + random.below(100_000_000),
    queueLimit: 20_000 + random.below(200_000),
    mtu: random.chance(0.3) ? 1200 + random.below(250) : 1500,
  };
}

/** At times, and for as long, that the seed says: `begin` and `end` in turns, ended when trouble is over. */
function trouble(
  scene: TwoPathScene,
  random: SeededRandom,
  longest: number,
  begin: () => void,
  end: () => void,
): void {
  const start = scene.now;
  let at = start + random.below(TROUBLE);
  while (at < start + TROUBLE) {
    const length = Math.ceil(longest * random.fraction() ** 3);
    scene.simulation.at(at, begin);
    at = Math.min(at + length, start + TROUBLE);
    scene.simulation.at(at, end);
    at += random.below(2 * SECOND);
  }
}

function makeTrouble(scene: TwoPathScene, random: SeededRandom): void {
  for (const { forth, back } of scene.wires) {
    const directions = random.chance(0.2) ? [random.chance(0.5) ? forth : back] : [forth, back];
    const cut = (blackhole: boolean) => () => {
      for (const link of directions) link.set({ blackhole });
    };
    if (random.chance(0.7)) trouble(scene, random, 4 * SECOND, cut(true), cut(false));
  }
  for (const end of [scene.clientProcess, scene.serverProcess]) {
    if (!random.chance(0.7)) continue;
    trouble(
      scene,
      random,
      4 * SECOND,
      () => end.pause(),
      () => end.resume(scene.now),
    );
  }
}

/** As a UE does: opens paths that are missing, asks suspect ones. */
function lookAfterPaths(scene: TwoPathScene, interval: number): void {
  const { connection } = scene.client;
  const look = (): void => {
    scene.simulation.at(scene.now + interval, look);
    if (scene.clientProcess.paused) return;
    const open = connection.paths().filter(({ state }) => state !== 'abandoned');
    for (const { id, suspect } of open) if (suspect) connection.ping(scene.now, id);
    for (const local of [CLIENT_3GPP, CLIENT_NON_3GPP]) {
      if (open.some((path) => path.local === local)) continue;
      connection.openPath(local, SERVER, scene.now);
    }
  };
  look();
}

/** Requests, answers and datagrams, again and again. */
function talk(scene: TwoPathScene, random: SeededRandom, until: number): void {
  const say = (peer: () => SimulatedPeer, interval: number): void => {
    if (scene.now > until) return;
    scene.simulation.at(scene.now + interval, () => say(peer, interval));
    if (random.chance(0.5)) peer().connection.sendDatagram(new Uint8Array(random.below(1200)));
    if (random.chance(0.3)) peer().send(random.below(50_000));
    else if (random.chance(0.5)) peer().send(random.below(300));
  };
  say(() => scene.client, 20_000 + random.below(300_000));
  say(() => scene.server, 20_000 + random.below(300_000));
}

/** With packets on their way there is a time when something is done about them. */
function checkArmed(scene: TwoPathScene, connection: ConnectionMachine): void {
  const paths = connection.paths().filter(({ state }) => state !== 'abandoned');
  const inFlight = paths.filter(({ bytesInFlight }) => bytesInFlight > 0);
  if (inFlight.length === 0) return;
  const longest = Math.max(...inFlight.map(({ pto, ptoCount }) => pto * 2 ** ptoCount));
  const next = connection.nextTimeout() ?? Number.POSITIVE_INFINITY;
  if (next <= scene.now + longest) return;
  throw scene.simulation.failure(`no timer of the ${connection.role}: ${JSON.stringify(paths)}`);
}

/** Runs for so long in short steps, and looks after each whether timers are armed. */
function runAndCheck(scene: TwoPathScene, until: number): void {
  while (scene.now < until) {
    scene.simulation.runFor(STEP);
    for (const peer of [scene.client, scene.server]) {
      assert.equal(peer.has('closing'), false, `seed ${scene.simulation.seed}: it closes`);
      checkArmed(scene, peer.connection);
    }
  }
}

/** Runs until everything arrived. Returns the longest time in which nothing happened. */
function runUntilDelivered(scene: TwoPathScene): number {
  let before = 0;
  let changedAt = scene.now;
  let longest = 0;
  const all = (): boolean =>
    isDelivered(scene.client, scene.server) && isDelivered(scene.server, scene.client);
  const limit = scene.now + 120 * SECOND;
  while (!all() && scene.now < limit) {
    runAndCheck(scene, scene.now + STEP);
    const happened = [scene.client, scene.server].reduce(
      (sum, { received, events }) => sum + received + events.length,
      0,
    );
    if (happened !== before) changedAt = scene.now;
    before = happened;
    longest = Math.max(longest, scene.now - changedAt);
  }
  assert.ok(all(), `seed ${scene.simulation.seed}: not delivered after two minutes`);
  return longest;
}

function isDelivered(from: SimulatedPeer, to: SimulatedPeer): boolean {
  for (const [streamId, { delivered }] of from.outgoing) {
    if (!delivered || to.incoming.get(streamId)?.ended !== true) return false;
  }
  return true;
}

/** The longest silence after the end of all trouble, and what RFC 9002 allows. */
function play(seed: number): { readonly silence: number; readonly allowed: number } {
  const random = new SeededRandom(seed);
  const mtuDiscoveryLimit = random.chance(0.5) ? 1452 : 0;
  const config = () => ({ mtuDiscoveryLimit, maxDatagramFrameSize: 65_535 });
  const [link, second] = [randomLink(random), randomLink(random)];
  const scene = new TwoPathScene({ seed, link, second, config });
  if (random.chance(0.5)) makeTrouble(scene, random);
  scene.handshake(60 * SECOND);
  if (random.chance(0.8)) lookAfterPaths(scene, 100_000 + random.below(SECOND));
  scene.simulation.runFor(random.below(SECOND));
  makeTrouble(scene, random);
  const end = scene.now + TROUBLE;
  talk(scene, random, end);
  runAndCheck(scene, end + STEP);
  const allowed = allowance(scene);
  const silence = runUntilDelivered(scene);
  scene.simulation.runUntil(() => isSettled(scene), 60 * SECOND, 'an end of all flight');
  return { silence, allowed };
}

/** Whether nothing is on its way, as each side counts it. */
function isSettled({ client, server }: TwoPathScene): boolean {
  const paths = [client, server].flatMap(({ connection }) => connection.paths());
  return paths.every(({ state, bytesInFlight }) => state === 'abandoned' || bytesInFlight === 0);
}

/** A back-off lasts no longer than what made it (RFC 9002 §6.2.1); a probe may be lost, and the next one. */
function allowance(scene: TwoPathScene): number {
  const paths = [scene.client, scene.server].flatMap(({ connection }) => connection.paths());
  const backoff = Math.max(...paths.map(({ pto, ptoCount }) => pto * 2 ** ptoCount));
  const pto = Math.max(...paths.map((path) => path.pto));
  return Math.min(backoff, 2 * TROUBLE) + 4 * pto;
}

test('cuts and pauses: when they are over, everything arrives in time', () => {
  if (SEARCH_MILLISECONDS === 0) for (const seed of QUICK_SEEDS) check(seed);
  const end = performance.now() + SEARCH_MILLISECONDS;
  for (let seed = FIRST_SEED; performance.now() < end; seed++) check(seed);
});

function check(seed: number): void {
  const { silence, allowed } = play(seed);
  assert.ok(silence <= allowed, `seed ${seed}: ${silence} us, ${allowed} us are allowed`);
}
