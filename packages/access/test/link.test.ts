import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changeImpairment, type Impairment, Link } from '../src/index.ts';

const clear: Impairment = changeImpairment({} as Impairment, {});

function link(changes: Partial<Impairment>, random: () => number = () => 0.5): Link {
  return new Link(changeImpairment(clear, changes), random);
}

test('a clear link hands everything through at once', () => {
  const one = link({});
  assert.deepEqual(one.offer(1200, 1000), [1000]);
  assert.equal(one.counters.delivered, 1);
});

test('delay and jitter keep the order; re-ordered datagrams overtake', () => {
  let chance = 1;
  const one = link({ delayMs: 10, jitterMs: 10 }, () => chance);
  assert.deepEqual(one.offer(100, 0), [20_000]);
  chance = 0;
  assert.deepEqual(one.offer(100, 1_000), [20_000]);
  one.impairment = changeImpairment(one.impairment, { reorderPercent: 1 });
  assert.deepEqual(one.offer(100, 2_000), [2_000]);
});

test('the rate limit spaces datagrams, and a full queue drops', () => {
  const one = link({ rateMbit: 8, queueDatagrams: 2 });
  assert.deepEqual(one.offer(1000, 0), [1_000]);
  assert.deepEqual(one.offer(1000, 0), [2_000]);
  assert.deepEqual(one.offer(1000, 0), [3_000]);
  assert.deepEqual(one.offer(1000, 0), []);
  assert.equal(one.counters.queueFull, 1);
  assert.deepEqual(one.offer(1000, 10_000), [11_000]);
});

test('headers take rate too', () => {
  const one = link({ rateMbit: 8, headerOctets: 28 });
  assert.deepEqual(one.offer(972, 0), [1_000]);
});

test('a corrupted datagram comes out with one octet changed, the one that came in stays as it was', () => {
  const one = link({ corruptPercent: 50 }, () => 0.4);
  const payload = new Uint8Array(10);
  const passed = one.pass(payload);
  assert.equal(passed.filter((octet) => octet !== 0).length, 1);
  assert.deepEqual(payload, new Uint8Array(10));
  assert.equal(one.counters.corrupted, 1);
  assert.equal(link({ corruptPercent: 50 }, () => 0.6).pass(payload), payload);
});

test('loss, duplication, MTU and blackhole are counted apart', () => {
  const one = link({ lossPercent: 100 });
  assert.deepEqual(one.offer(10, 0), []);
  one.impairment = changeImpairment(one.impairment, { lossPercent: 0, duplicatePercent: 100 });
  assert.deepEqual(one.offer(10, 0), [0, 0]);
  one.impairment = changeImpairment(one.impairment, { mtu: 1200 });
  assert.deepEqual(one.offer(1201, 0), []);
  one.impairment = changeImpairment(one.impairment, { blackhole: true });
  assert.deepEqual(one.offer(10, 0), []);
  const { lost, duplicated, tooLarge, blackholed, datagrams } = one.counters;
  assert.deepEqual([lost, duplicated, tooLarge, blackholed, datagrams], [1, 1, 1, 1, 4]);
});

test('a wrong setting is named', () => {
  assert.throws(() => changeImpairment(clear, { lossPercent: 101 }), /number from 0 to 100/);
  assert.throws(() => changeImpairment(clear, { los: 1 }), /no such setting/);
});
