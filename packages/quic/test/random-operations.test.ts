import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LinkOptions } from '@mpquic/testkit';
import { UsageError } from '@mpquic/wire';
import fc from 'fast-check';
import type { ConnectionConfig } from '../src/connection-config.ts';
import { weightedRoundRobinScheduler } from '../src/paths/scheduler.ts';
import type { PathStatus } from '../src/snapshots.ts';
import { TransportErrorCode } from '../src/transport-error.ts';
import type { SimulatedPeer } from './simulated-peer.ts';
import { CLIENT_3GPP, CLIENT_NON_3GPP, SERVER, TwoPathScene } from './two-path-scene.ts';

const SECOND = 1_000_000;

const QUICK_RUNS = 25;
/** RANDOM_OPERATIONS=60 searches for a minute, from a new seed. */
const SEARCH_MILLISECONDS = 1000 * Number(process.env['RANDOM_OPERATIONS'] ?? 0);
const IS_QUICK = SEARCH_MILLISECONDS === 0;

type Side = 'client' | 'server';

/** What may happen to a connection, in any order. */
type Operation =
  | { readonly type: 'drive'; readonly milliseconds: number }
  | { readonly type: 'send'; readonly side: Side; readonly length: number; readonly bidi: boolean }
  | { readonly type: 'answer'; readonly side: Side; readonly length: number }
  | { readonly type: 'reset'; readonly side: Side; readonly index: number }
  | { readonly type: 'stop'; readonly side: Side; readonly index: number }
  | {
      readonly type: 'datagram';
      readonly side: Side;
      readonly length: number;
      readonly bound: boolean;
    }
  | { readonly type: 'openPath'; readonly first: boolean }
  | { readonly type: 'closePath'; readonly side: Side; readonly index: number }
  | {
      readonly type: 'status';
      readonly side: Side;
      readonly index: number;
      readonly backup: boolean;
    }
  | { readonly type: 'updateKeys'; readonly side: Side }
  | { readonly type: 'ping'; readonly side: Side; readonly index: number }
  | {
      readonly type: 'link';
      readonly wire: 0 | 1;
      readonly loss: number;
      readonly reordering: number;
      readonly duplication: number;
      readonly corruption: number;
    }
  | { readonly type: 'blackhole'; readonly wire: 0 | 1; readonly on: boolean }
  | { readonly type: 'mtu'; readonly wire: 0 | 1; readonly mtu: number }
  | { readonly type: 'addressLost'; readonly first: boolean }
  | { readonly type: 'rebind'; readonly first: boolean; readonly port: number };

const side = fc.constantFrom<Side>('client', 'server');
const wire = fc.constantFrom<0 | 1>(0, 1);
const index = fc.nat(5);
const noNullPrototype = { noNullPrototype: true };

const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 8, arbitrary: record('drive', { milliseconds: fc.nat(300) }) },
  { weight: 5, arbitrary: record('send', { side, length: fc.nat(60_000), bidi: fc.boolean() }) },
  { weight: 2, arbitrary: record('answer', { side, length: fc.nat(20_000) }) },
  { weight: 1, arbitrary: record('reset', { side, index }) },
  { weight: 1, arbitrary: record('stop', { side, index }) },
  { weight: 2, arbitrary: record('datagram', { side, length: fc.nat(1300), bound: fc.boolean() }) },
  { weight: 3, arbitrary: record('openPath', { first: fc.boolean() }) },
  { weight: 2, arbitrary: record('closePath', { side, index }) },
  { weight: 2, arbitrary: record('status', { side, index, backup: fc.boolean() }) },
  { weight: 1, arbitrary: record('updateKeys', { side }) },
  { weight: 1, arbitrary: record('ping', { side, index }) },
  {
    weight: 2,
    arbitrary: record('link', {
      wire,
      loss: fc.constantFrom(0, 0.05, 0.3),
      reordering: fc.constantFrom(0, 0.3),
      duplication: fc.constantFrom(0, 0.3),
      corruption: fc.constantFrom(0, 0.1),
    }),
  },
  { weight: 2, arbitrary: record('blackhole', { wire, on: fc.boolean() }) },
  { weight: 1, arbitrary: record('mtu', { wire, mtu: fc.constantFrom(1200, 1300, 1500) }) },
  { weight: 1, arbitrary: record('addressLost', { first: fc.boolean() }) },
  { weight: 1, arbitrary: record('rebind', { first: fc.boolean(), port: fc.nat(60_000) }) },
);

function record<T extends Operation['type'], F extends object>(
  type: T,
  fields: { [K in keyof F]: fc.Arbitrary<F[K]> },
): fc.Arbitrary<F & { readonly type: T }> {
  return fc.record({ type: fc.constant(type), ...fields }, noNullPrototype) as fc.Arbitrary<
    F & { readonly type: T }
  >;
}

type Actions = {
  readonly [T in Operation['type']]: (
    scene: TwoPathScene,
    operation: Extract<Operation, { type: T }>,
  ) => void;
};

const ACTIONS: Actions = {
  drive: (scene, { milliseconds }) => scene.simulation.runFor(milliseconds * 1000),
  send: (scene, { side: from, length, bidi }) => scene[from].send(length, bidi ? 'bidi' : 'uni'),
  answer(scene, { side: from, length }) {
    const peer = scene[from];
    for (const streamId of peer.incoming.keys()) {
      if ((streamId & 2) !== 0 || peer.outgoing.has(streamId)) continue;
      peer.sendOn(streamId, length);
      return;
    }
  },
  reset(scene, { side: from, index: at }) {
    const streamId = [...scene[from].outgoing.keys()][at];
    if (streamId !== undefined) scene[from].reset(streamId, 7);
  },
  stop(scene, { side: from, index: at }) {
    const streamId = [...scene[from].incoming.keys()][at];
    if (streamId !== undefined) scene[from].stop(streamId, 9);
  },
  datagram(scene, { side: from, length, bound }) {
    const { connection } = scene[from];
    const path = bound ? connection.paths().at(-1)?.id : undefined;
    const number = connection.sendDatagram(new Uint8Array(length), path);
    if (number !== undefined) scene[from].datagramsSent += 1;
  },
  openPath(scene, { first }) {
    const local = first ? CLIENT_3GPP : CLIENT_NON_3GPP;
    scene.client.connection.openPath(local, SERVER, scene.now);
  },
  closePath(scene, { side: from, index: at }) {
    const open = openPaths(scene[from]);
    const path = open[at];
    if (path !== undefined && open.length > 1) {
      scene[from].connection.closePath(
        path,
        TransportErrorCode.APPLICATION_ABANDON_PATH,
        scene.now,
      );
    }
  },
  status(scene, { side: from, index: at, backup }) {
    const path = openPaths(scene[from])[at];
    const status: PathStatus = backup ? 'backup' : 'available';
    if (path !== undefined) scene[from].connection.setPathStatus(path, status, scene.now);
  },
  updateKeys: (scene, { side: from }) => scene[from].connection.updateKeys(scene.now),
  ping(scene, { side: from, index: at }) {
    const path = openPaths(scene[from])[at];
    if (path !== undefined) scene[from].connection.ping(scene.now, path);
  },
  link(scene, { wire: at, loss, reordering, duplication, corruption }) {
    const options = { loss, reordering, duplication, corruption };
    scene.wires[at].forth.set(options);
    scene.wires[at].back.set(options);
  },
  blackhole(scene, { wire: at, on }) {
    scene.wires[at].forth.set({ blackhole: on });
    scene.wires[at].back.set({ blackhole: on });
  },
  mtu(scene, { wire: at, mtu }) {
    scene.wires[at].forth.set({ mtu });
    scene.wires[at].back.set({ mtu });
  },
  addressLost(scene, { first }) {
    if (openPaths(scene.client).length < 2) return;
    scene.client.connection.localAddressLost(first ? CLIENT_3GPP : CLIENT_NON_3GPP, scene.now);
  },
  rebind(scene, { first, port }) {
    const address = first ? CLIENT_3GPP : CLIENT_NON_3GPP;
    scene.simulation.rebind(address, { host: '198.51.100.7', port: 1024 + port });
  },
};

function openPaths(peer: SimulatedPeer): number[] {
  return peer.connection
    .paths()
    .filter((path) => path.state !== 'abandoned')
    .map((path) => path.id);
}

function isEnding({ client, server }: TwoPathScene): boolean {
  return client.has('closing') || server.has('closing') || client.closed !== undefined;
}

function act<T extends Operation['type']>(
  scene: TwoPathScene,
  step: Extract<Operation, { type: T }>,
): void {
  if (isEnding(scene)) return;
  try {
    (ACTIONS[step.type] as (scene: TwoPathScene, step: Operation) => void)(scene, step);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
  }
}

/** Both ends may close the last path at once; nothing else ends a connection here. */
const ALLOWED_CLOSES: readonly number[] = [
  TransportErrorCode.NO_ERROR,
  TransportErrorCode.NO_VIABLE_PATH,
  TransportErrorCode.APPLICATION_ABANDON_PATH,
];

const GOOD: LinkOptions = {
  loss: 0,
  reordering: 0,
  duplication: 0,
  corruption: 0,
  blackhole: false,
  mtu: 1500,
};

/** Datagrams that both ends sent so far. */
function datagramsSent(scene: TwoPathScene): number {
  let sent = 0;
  for (const { forth, back } of scene.wires) sent += forth.statistics.sent + back.statistics.sent;
  return sent;
}

/** With nothing left to say, both ends fall silent, but for the end of a dead path. */
function checkQuiet(scene: TwoPathScene): void {
  scene.simulation.runFor(20 * SECOND);
  const before = datagramsSent(scene);
  scene.simulation.runFor(5 * SECOND);
  const sent = datagramsSent(scene) - before;
  assert.ok(sent <= 12, `${sent} datagrams in 5 s without anything to say`);
}

/** Links are good again: everything owed arrives, and the connection ends in order. */
function finish(scene: TwoPathScene): void {
  for (const { forth, back } of scene.wires) {
    for (const link of [forth, back]) {
      link.set(GOOD);
    }
  }
  const { client, server } = scene;
  const delivered = (from: SimulatedPeer, to: SimulatedPeer): boolean =>
    [...from.outgoing].every(([streamId, outgoing]) => {
      const incoming = to.incoming.get(streamId);
      return (
        outgoing.resetCode !== undefined ||
        to.stopped.has(streamId) ||
        (outgoing.delivered && incoming?.ended === true)
      );
    });
  const reported = (peer: SimulatedPeer): boolean =>
    peer.datagramStatus.size === peer.datagramsSent;
  const bothClosed = (): boolean => client.closed !== undefined && server.closed !== undefined;
  const over = (): boolean =>
    isEnding(scene) ||
    (delivered(client, server) &&
      delivered(server, client) &&
      reported(client) &&
      reported(server));
  scene.simulation.runUntil(over, 120 * SECOND, 'delivery of everything');
  if (!isEnding(scene)) {
    checkQuiet(scene);
    client.connection.close(scene.now, 42, 'done', true);
  }
  scene.simulation.runUntil(bothClosed, 120 * SECOND, 'the end');
  for (const { closed } of [client, server]) {
    const allowed = closed?.application
      ? closed.code === 42
      : ALLOWED_CLOSES.includes(closed?.code ?? -1);
    assert.ok(allowed, JSON.stringify(closed));
  }
}

/** Configurations, of which the seed takes one. */
const CONFIGS: readonly (() => Partial<ConnectionConfig>)[] = [
  () => ({}),
  () => ({ congestion: 'newreno', keyUpdateAfterPackets: 20 }),
  () => ({ initialMaxData: 8_000, initialMaxStreamData: 3_000, maxDataWindow: 50_000 }),
  () => ({ initialMaxStreamsBidi: 2, initialMaxStreamsUni: 2, datagramSendQueueLimit: 2 }),
  () => ({
    scheduler: weightedRoundRobinScheduler({ 0: 1, 1: 3 }),
    streamSendBufferLimit: 5_000,
  }),
];

/** Runs one sequence; throws with the seed where something does not hold. */
function play(seed: number, operations: readonly Operation[]): void {
  const config = CONFIGS[seed % CONFIGS.length] ?? (() => ({}));
  const link = { delay: 10_000, rate: 50_000_000 };
  const scene = new TwoPathScene({ seed, link, config }).handshake();
  for (const step of operations) act(scene, step);
  finish(scene);
}

test('property: after any sequence of operations all data arrives and both ends close in order', () => {
  fc.assert(
    fc.property(fc.nat(), fc.array(operation, { maxLength: 60, size: 'max' }), play),
    IS_QUICK
      ? { numRuns: QUICK_RUNS, seed: 1, endOnFailure: true }
      : { interruptAfterTimeLimit: SEARCH_MILLISECONDS, numRuns: 1_000_000 },
  );
});
