import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventLog } from '@mpquic/service';
import { UsageError } from '@mpquic/wire';
import { PskRegistry } from '../src/psk/psk-registry.ts';

const SECOND = 1_000_000;
const kid = (n: number): Uint8Array => Uint8Array.of(0, n, 255);

function setup(maxPsks?: number): {
  registry: PskRegistry;
  dropped: string[];
  states: () => string[];
  advance: (seconds: number) => void;
  install: (n: number, generation: number, more?: object) => void;
} {
  let now = 0;
  const log = new EventLog(1000, () => now);
  const dropped: string[] = [];
  const registry = new PskRegistry({
    overlap: 10,
    events: log,
    onDeleted: (one, reason) => dropped.push(`${one[1]} ${reason}`),
    clock: () => now,
    ...(maxPsks !== undefined && { maxPsks }),
  });
  const install = (n: number, generation: number, more: object = {}): void => {
    registry.install({
      psk: { identity: kid(n), key: new Uint8Array(32).fill(n), hash: 'sha256', mode: 'raw' },
      solution: '4',
      variant: 'stored-count',
      session: 1n,
      generation,
      lifetime: undefined,
      keepOldUntilUsed: false,
      ...more,
    });
  };
  return {
    registry,
    dropped,
    install,
    states: () => log.events.map((event) => (event.type === 'psk' ? event.state : '')),
    advance: (seconds) => {
      now += seconds * SECOND;
    },
  };
}

test('a key is found in both ways of looking, used, and wiped with its session', () => {
  const { registry, install, states, dropped } = setup();
  install(1, 1);
  const [found] = registry.lookup([kid(1)]);
  assert.equal(found?.key.length, 32);
  registry.used(kid(1));
  assert.deepEqual(registry.counts, { installed: 0, inUse: 1, superseded: 0 });
  registry.deleteSession(1n, 'session released');
  assert.deepEqual(registry.lookup([kid(1)]), [undefined]);
  assert.ok(found?.key.every((octet) => octet === 0));
  assert.deepEqual(states(), ['installed', 'in_use', 'deleted']);
  assert.deepEqual(dropped, ['1 session released']);
});

test('the old key overlaps until the new one is used and the overlap is over', () => {
  const { registry, install, advance, dropped } = setup();
  install(1, 1);
  registry.used(kid(1));
  install(2, 2, { keepOldUntilUsed: true });
  assert.ok(registry.has(kid(1)));
  registry.used(kid(2));
  assert.deepEqual(registry.counts, { installed: 0, inUse: 1, superseded: 1 });
  advance(9);
  registry.expire();
  assert.ok(registry.has(kid(1)));
  advance(1);
  registry.expire();
  assert.ok(!registry.has(kid(1)));
  assert.deepEqual(dropped, ['1 the overlap is over']);
});

test('a key ends with its lifetime', () => {
  const { registry, install, advance, states } = setup();
  install(1, 1, { lifetime: 60 });
  advance(60);
  assert.deepEqual(registry.lookup([kid(1)]), [undefined]);
  assert.deepEqual(states(), ['installed', 'expired']);
});

test('a new key under the same KID replaces the old one at once', () => {
  const { registry, install, dropped } = setup();
  install(1, 1);
  const [old] = registry.lookup([kid(1)]);
  install(1, 2);
  assert.equal(registry.size, 1);
  assert.ok(old?.key.every((octet) => octet === 0));
  assert.deepEqual(dropped, ['1 replaced under the same KID']);
});

test('another session cannot take or delete a KID, and a short key is refused', () => {
  const { registry, install } = setup();
  install(1, 1);
  assert.throws(() => install(1, 1, { session: 2n }), UsageError);
  assert.equal(registry.delete(kid(1), 2n, 'no'), false);
  assert.equal(registry.delete(kid(1), 1n, 'yes'), true);
  const psk = { identity: kid(3), key: new Uint8Array(15), hash: 'sha256', mode: 'raw' };
  assert.throws(() => install(3, 1, { psk }), UsageError);
  assert.equal(registry.size, 0);
});

test('the number of keys is capped', () => {
  const most = 1000;
  const { registry } = setup(most);
  const install = (n: number): void =>
    registry.install({
      psk: {
        identity: Uint8Array.of(n >> 16, n >> 8, n),
        key: new Uint8Array(16).fill(1),
        hash: 'sha256',
        mode: 'raw',
      },
      solution: 'Y',
      variant: 'per-ue',
      session: undefined,
      generation: 1,
      lifetime: undefined,
      keepOldUntilUsed: false,
    });
  for (let n = 0; n < most; n++) install(n);
  assert.throws(() => install(most), UsageError);
});
