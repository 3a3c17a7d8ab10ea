import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PathScheduler, SchedulablePath } from '../src/paths/scheduler.ts';
import type { SteeringAccess } from '../src/steering/access.ts';
import { type Steering, steeringScheduler } from '../src/steering/steering-scheduler.ts';
import { CLIENT_3GPP, CLIENT_NON_3GPP } from './two-path-scene.ts';

type PathOptions = Partial<SchedulablePath> & { readonly access: SteeringAccess };
type MutablePath = { -readonly [K in keyof SchedulablePath]: SchedulablePath[K] };

function path({ access, ...options }: PathOptions): MutablePath {
  return {
    id: access === '3gpp' ? 0 : 1,
    local: access === '3gpp' ? CLIENT_3GPP : CLIENT_NON_3GPP,
    smoothedRtt: 20_000,
    peerStatus: undefined,
    localStatus: undefined,
    suspect: false,
    congestionWindow: 12_000,
    bytesInFlight: 0,
    bytesSent: 0,
    packetsSent: 0,
    packetsLost: 0,
    ...options,
  };
}

function scheduler(steering: Steering, thresholds = {}): PathScheduler {
  const accessOf = ({ local }: SchedulablePath): SteeringAccess =>
    local === CLIENT_3GPP ? '3gpp' : 'non-3gpp';
  return steeringScheduler(steering, accessOf, thresholds);
}

/** ID of the path that is chosen, or -1; all paths have room unless `room` names those that do. */
function choose(
  chooser: PathScheduler,
  all: readonly SchedulablePath[],
  room: readonly SchedulablePath[] = all,
): number {
  return room[chooser.select(room, all, 0)]?.id ?? -1;
}

const fast = path({ access: '3gpp', smoothedRtt: 10_000 });
const slow = path({ access: 'non-3gpp', smoothedRtt: 40_000 });
const broken = { ...fast, suspect: true };

test('active-standby: the active access alone, until it fails', () => {
  const standby = scheduler({ type: 'activeStandby', active: 'non-3gpp', standby: '3gpp' });
  assert.equal(choose(standby, [fast, slow]), 1);
  assert.equal(choose(standby, [fast, slow], [fast]), -1, 'waits for room');
  assert.equal(choose(standby, [fast, { ...slow, suspect: true }]), 0);
  assert.equal(choose(standby, [fast]), 0);
  assert.equal(choose(standby, [broken, { ...slow, suspect: true }]), 1, 'tries on');
  const alone = scheduler({ type: 'activeStandby', active: '3gpp' });
  assert.equal(choose(alone, [fast, slow]), 0);
  assert.equal(choose(alone, [slow]), -1);
  assert.equal(choose(alone, [broken, slow]), 0, 'no standby: tries on');
});

test('smallest delay: the faster path, without swinging between equals', () => {
  const smallest = scheduler({ type: 'smallestDelay' });
  assert.equal(choose(smallest, [fast, slow]), 0);
  assert.equal(choose(smallest, [fast, slow], [slow]), -1, 'waits for room');
  assert.equal(choose(smallest, [{ ...fast, smoothedRtt: 42_000 }, slow]), 0);
  assert.equal(choose(smallest, [{ ...fast, smoothedRtt: 60_000 }, slow]), 1);
  assert.equal(choose(smallest, [{ ...fast, smoothedRtt: 36_000 }, slow]), 1);
  assert.equal(choose(smallest, [broken, slow]), 1);
  assert.equal(choose(smallest, [broken]), 0);
  assert.equal(choose(smallest, []), -1);
});

for (const share of [0, 10, 50, 70, 100]) {
  test(`load-balancing: ${share} % over 3GPP access`, () => {
    const split = scheduler({ type: 'loadBalancing', sharePercent3gpp: share });
    const paths = [path({ access: '3gpp', bytesSent: 5_000 }), path({ access: 'non-3gpp' })];
    for (let i = 0; i < 1_000; i++) {
      const chosen = paths[choose(split, paths)] as MutablePath;
      chosen.bytesSent += 1_350;
    }
    const sent = (paths[0]?.bytesSent ?? 0) - 5_000;
    assert.ok(Math.abs(sent / (1_000 * 1_350) - share / 100) < 0.01, `${sent}`);
  });
}

test('load-balancing keeps its shares within some slack, and takes what works', () => {
  const split = scheduler({ type: 'loadBalancing', sharePercent3gpp: 50 });
  const paths = [path({ access: '3gpp' }), path({ access: 'non-3gpp' })] as const;
  let taken = 0;
  while (choose(split, paths, [paths[0]]) === 0) {
    paths[0].bytesSent += 1_350;
    taken += 1;
  }
  assert.ok(taken > 32 && taken < 130, `${taken} packets ahead`);
  paths[1].suspect = true;
  assert.equal(choose(split, paths, [paths[0]]), 0);
  const none = scheduler({ type: 'loadBalancing', sharePercent3gpp: 100 });
  assert.equal(choose(none, [broken, slow]), 1);
  assert.equal(choose(none, [slow]), 1);
});

test('load-balancing does not make an access that comes back send what it missed', () => {
  const split = scheduler({ type: 'loadBalancing', sharePercent3gpp: 50 });
  const paths = [path({ access: '3gpp' }), path({ access: 'non-3gpp' })] as const;
  const send = (count: number): number => {
    const before = paths[0].bytesSent;
    for (let i = 0; i < count; i++) (paths[choose(split, paths)] as MutablePath).bytesSent += 1_350;
    return (paths[0].bytesSent - before) / 1_350;
  };
  assert.equal(send(100), 50);
  paths[0].suspect = true;
  assert.equal(send(10_000), 0);
  paths[0].suspect = false;
  assert.equal(send(100), 50);
});

test('load-balancing without shares: each access takes what it has room for', () => {
  const autonomous = scheduler({ type: 'loadBalancing' });
  const busy = { ...fast, bytesInFlight: 9_000 };
  assert.equal(choose(autonomous, [busy, slow]), 1);
  assert.equal(choose(autonomous, [busy, { ...slow, bytesInFlight: 11_000 }]), 0);
  assert.equal(choose(autonomous, [busy, { ...slow, suspect: true }]), 0);
});

test('thresholds take an access out of load-balancing while the other keeps within them', () => {
  const split = scheduler({ type: 'loadBalancing', sharePercent3gpp: 50 }, { maximumRtt: 30 });
  assert.equal(choose(split, [path({ ...fast, access: '3gpp', bytesSent: 9e6 }), slow]), 0);
  assert.notEqual(choose(split, [{ ...fast, smoothedRtt: 50_000 }, slow]), -1);
});

test('priority-based: the high-priority access, and what it has no room for over the other', () => {
  const priority = scheduler({ type: 'priorityBased', high: 'non-3gpp' });
  assert.equal(choose(priority, [fast, slow]), 1);
  assert.equal(choose(priority, [fast, slow], [fast]), 0);
  assert.equal(choose(priority, [fast, { ...slow, suspect: true }]), 0);
  assert.equal(choose(priority, [broken, { ...slow, suspect: true }]), 0);
  const bounded = scheduler({ type: 'priorityBased', high: 'non-3gpp' }, { maximumRtt: 30 });
  assert.equal(choose(bounded, [fast, slow]), 0);
  assert.equal(choose(bounded, [slow]), 1);
});

test('loss beyond the threshold is measured over the last packets', () => {
  const bounded = scheduler({ type: 'priorityBased', high: '3gpp' }, { maximumLossRate: 5 });
  const lossy = path({ access: '3gpp' });
  assert.equal(choose(bounded, [lossy, slow]), 0);
  Object.assign(lossy, { packetsSent: 200, packetsLost: 20 });
  assert.equal(choose(bounded, [lossy, slow]), 1);
  Object.assign(lossy, { packetsSent: 400, packetsLost: 24 });
  assert.equal(choose(bounded, [lossy, slow]), 0);
});

test('redundant: both, or the primary alone while it keeps within the thresholds', () => {
  const both = scheduler({ type: 'redundant' });
  assert.equal(both.duplicates?.([fast, slow]), true);
  assert.equal(choose(both, [fast, slow]), 0);
  const primary = scheduler({ type: 'redundant', primary: 'non-3gpp' }, { maximumRtt: 50 });
  assert.equal(primary.duplicates?.([fast, slow]), false);
  assert.equal(choose(primary, [fast, slow]), 1);
  assert.equal(primary.duplicates?.([fast, { ...slow, smoothedRtt: 51_000 }]), true);
  assert.equal(choose(primary, [fast, { ...slow, suspect: true }]), 0);
  assert.equal(scheduler({ type: 'redundant', primary: '3gpp' }).duplicates?.([fast, slow]), true);
});
