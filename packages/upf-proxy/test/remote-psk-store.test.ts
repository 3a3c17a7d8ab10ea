import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { type ExternalPsk, InMemoryPskStore, pskIdentitiesOnWire } from '@mpquic/tls';
import { utf8 } from '@mpquic/wire';
import { lookUpFor, type PskAnswer } from '../src/proxy/workers/psk-answer.ts';
import { MAX_LOOKUPS, RemotePskStore } from '../src/proxy/workers/remote-psk-store.ts';

const PSK: ExternalPsk = {
  identity: utf8('kid-1'),
  key: new Uint8Array(32).fill(7),
  hash: 'sha256',
  mode: 'raw',
};
const SESSION = { seid: 5n, addresses: { ue: '10.60.0.1' }, pdrs: [], mars: [] };

test('a worker asks for each handshake, and wipes the key when the handshake has gone on', async () => {
  const asked: { id: number; identities: readonly Uint8Array[] }[] = [];
  const store = new RemotePskStore((id, identities) => asked.push({ id, identities }));
  const slab = new Uint8Array(65_536);
  slab.set(PSK.identity, 100);
  const found = store.lookup([slab.subarray(100, 105), utf8('other')]);
  assert.deepEqual(asked[0]?.identities, [PSK.identity, utf8('other')]);
  assert.equal(asked[0]?.identities[0]?.buffer.byteLength, 5, 'nothing around it goes along');
  const key = PSK.key.slice();
  store.answered(asked[0]?.id ?? -1, [{ ...PSK, key }, undefined]);
  const [first, second] = await found;
  assert.deepEqual(first?.key, PSK.key, 'it is there while the handshake uses it');
  assert.equal(second, undefined);
  await setImmediate();
  await setImmediate();
  assert.deepEqual(key, new Uint8Array(32));
  assert.equal(store.waiting, 0);
});

test('handshakes that wait have a cap; those beyond it know no PSK', async () => {
  const store = new RemotePskStore(() => undefined);
  const waiting = Array.from({ length: MAX_LOOKUPS }, () => store.lookup([PSK.identity]));
  assert.equal(store.waiting, MAX_LOOKUPS);
  assert.deepEqual(store.lookup([PSK.identity, PSK.identity]), [undefined, undefined]);
  store.close();
  assert.deepEqual(await waiting[0], [undefined]);
  assert.equal(store.waiting, 0);
});

test('an answer that nobody waits for any more is wiped as well', async () => {
  const store = new RemotePskStore(() => undefined);
  const key = PSK.key.slice();
  store.answered(9, [{ ...PSK, key }]);
  await setImmediate();
  await setImmediate();
  assert.deepEqual(key, new Uint8Array(32));
});

test('the main thread gives a copy of the key and the session that it belongs to', () => {
  const psks = new InMemoryPskStore([PSK]);
  const sessionOf = (kid: Uint8Array) => (kid.length === 5 ? SESSION : undefined);
  const answers: PskAnswer[] = [];
  const identities = [utf8('nobody'), ...pskIdentitiesOnWire(PSK).map(({ identity }) => identity)];
  lookUpFor({ psks, sessionOf }, identities, (answer) => answers.push(answer));
  const [answer] = answers;
  assert.equal(answer?.found[0], undefined);
  assert.deepEqual(answer?.found[1]?.psk, PSK);
  assert.deepEqual(answer?.found[1]?.session, SESSION);
  assert.equal(answer?.keys.length, 1);
  assert.equal(answer?.keys[0], answer?.found[1]?.psk.key.buffer);
  // The store wipes its own; what is on its way to a worker is the worker's.
  psks.clear();
  assert.deepEqual(answer?.found[1]?.psk.key, PSK.key);
});

test('a store that answers later, or fails, is waited for', async () => {
  const answers: PskAnswer[] = [];
  const sessionOf = () => undefined;
  const later = { lookup: () => Promise.resolve([PSK]) };
  const failing = { lookup: () => Promise.reject(new Error('gone')) };
  for (const psks of [later, failing]) {
    lookUpFor({ psks, sessionOf }, [PSK.identity], (answer) => answers.push(answer));
  }
  assert.equal(answers.length, 0);
  await setImmediate();
  assert.deepEqual(
    answers.map(({ found }) => found[0]?.psk.identity),
    [PSK.identity, undefined],
  );
});
