import assert from 'node:assert/strict';
import test from 'node:test';
import { noEvents } from '@mpquic/service';
import { MAX_WAITING_HANDSHAKES, PatientPskStore } from '../src/psk/patient-psk-store.ts';
import { PskRegistry } from '../src/psk/psk-registry.ts';

const kid = Uint8Array.of(1, 2, 3);
const stranger = Uint8Array.of(9);

function createStore(holdMs: number): {
  readonly registry: PskRegistry;
  readonly store: PatientPskStore;
  readonly unknown: boolean[];
} {
  const unknown: boolean[] = [];
  const registry: PskRegistry = new PskRegistry({
    overlap: 10,
    events: noEvents,
    onDeleted: () => undefined,
    onInstalled: (installed) => store.installed(installed),
  });
  const store: PatientPskStore = new PatientPskStore({
    registry,
    holdMs,
    onUnknown: (held) => unknown.push(held),
  });
  return { registry, store, unknown };
}

function install(registry: PskRegistry): void {
  registry.install({
    psk: { identity: kid, key: new Uint8Array(32).fill(1), hash: 'sha256', mode: 'raw' },
    solution: '3',
    variant: '',
    session: 1n,
    generation: 1,
    lifetime: undefined,
    keepOldUntilUsed: false,
  });
}

test('a known KID is answered at once, an unknown one too where nothing is held', () => {
  const { registry, store, unknown } = createStore(0);
  assert.deepEqual(store.lookup([kid]), [undefined]);
  install(registry);
  const found = store.lookup([stranger, kid]);
  assert.ok(!(found instanceof Promise));
  assert.equal(found[0], undefined);
  assert.deepEqual(found[1]?.identity, kid);
  assert.deepEqual(unknown, [false]);
});

test('a handshake with an unknown KID goes on when its key is installed', async () => {
  const { registry, store } = createStore(5_000);
  const answer = store.lookup([kid]);
  assert.ok(answer instanceof Promise);
  assert.equal(store.waiting, 1);
  install(registry);
  assert.equal(store.waiting, 0);
  assert.deepEqual((await answer)[0]?.identity, kid);
});

test('a handshake is not held longer than the time allows, nor past the end', async () => {
  const { store } = createStore(5);
  assert.deepEqual(await store.lookup([stranger]), [undefined]);
  const other = createStore(60_000).store;
  const answer = other.lookup([stranger]);
  other.close();
  assert.deepEqual(await answer, [undefined]);
});

test('strangers cannot make more handshakes wait than the cap', async () => {
  const { store, unknown } = createStore(60_000);
  const answers = Array.from({ length: MAX_WAITING_HANDSHAKES + 1 }, () =>
    store.lookup([stranger]),
  );
  assert.equal(store.waiting, MAX_WAITING_HANDSHAKES);
  assert.ok(!(answers.at(-1) instanceof Promise));
  assert.equal(unknown.at(-1), false);
  store.close();
  await Promise.all(answers.map((answer) => Promise.resolve(answer)));
  assert.equal(store.waiting, 0);
});
