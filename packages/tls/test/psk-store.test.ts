import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { UsageError, utf8 } from '@mpquic/wire';
import {
  createClientHandshake,
  createServerHandshake,
  type ExternalPsk,
  InMemoryPskStore,
  pskIdentitiesOnWire,
} from '../src/index.ts';
import { clientParameters, Pair, serverParameters, testPsk } from './pair.ts';

const KEY_HEX = /000102030405|0, 1, 2, 3, 4, 5|AAECAwQF/;

test('a store finds raw and imported PSKs by their identities on the wire', () => {
  const raw = testPsk();
  const imported = testPsk({ identity: utf8('ue-2'), mode: 'imported', context: utf8('upf') });
  const store = new InMemoryPskStore([raw, imported]);
  assert.equal(store.size, 2);
  const wire = pskIdentitiesOnWire(imported).map(({ identity }) => identity);
  assert.equal(wire.length, 2);
  const found = store.lookup([utf8('ue-1'), ...wire, utf8('ue-2'), utf8('ue-3')]);
  assert.deepEqual(
    found.map((psk) => psk?.mode),
    ['raw', 'imported', 'imported', undefined, undefined],
  );
});

test('a store keeps copies, and wipes them as they leave', () => {
  const psk = testPsk();
  const store = new InMemoryPskStore([psk]);
  psk.key.fill(0xff);
  const [kept] = store.lookup([psk.identity]);
  assert.equal(kept?.key[1], 1);
  assert.ok(store.has(psk.identity));
  assert.ok(store.remove(psk.identity));
  assert.ok(!store.has(psk.identity));
  assert.ok(kept.key.every((octet) => octet === 0));
  assert.equal(store.lookup([psk.identity])[0], undefined);
  assert.ok(!store.remove(psk.identity));
});

test('replace puts a new key in the place of the old one', () => {
  const store = new InMemoryPskStore([testPsk({ mode: 'imported' })]);
  const newer = testPsk({ key: new Uint8Array(32).fill(7) });
  assert.throws(() => store.add(newer), UsageError);
  store.replace(newer);
  assert.equal(store.size, 1);
  assert.equal(store.lookup([newer.identity])[0]?.key[0], 7);
  const pair = new Pair({ psks: [newer] }, {}, store).run();
  pair.assertComplete();
  store.clear();
  assert.equal(store.size, 0);
});

for (const [rule, changes] of [
  ['RFC 9257 §6: a key of 15 octets', { key: new Uint8Array(15).fill(1) }],
  ['a key of zeros', { key: new Uint8Array(32) }],
  ['an empty identity', { identity: new Uint8Array(0) }],
  ['an identity of 65536 octets', { identity: new Uint8Array(65536).fill(1) }],
  ['a context without import', { context: utf8('upf') }],
  [
    'identity and context too long together',
    { mode: 'imported', identity: new Uint8Array(60000), context: new Uint8Array(6000) },
  ],
  ['an unknown hash', { hash: 'sha512' as 'sha256' }],
  ['an unknown mode', { mode: 'psk_ke' as 'raw' }],
] satisfies [string, Partial<ExternalPsk>][]) {
  test(`${rule} is refused by client and store, and no error shows the key`, () => {
    const psk = testPsk(changes);
    for (const load of [
      () => new InMemoryPskStore([psk]),
      () => createClientHandshake(clientParameters({ psks: [psk] })),
    ]) {
      assert.throws(load, (error) => {
        assert.ok(error instanceof UsageError);
        assert.doesNotMatch(inspect(error), KEY_HEX);
        return true;
      });
    }
  });
}

test('nothing that a person may print shows a key', () => {
  const pair = new Pair();
  pair.client.handshake.start();
  const store = new InMemoryPskStore([testPsk()]);
  for (const thing of [pair.client.handshake, pair.server.handshake, store]) {
    assert.doesNotMatch(inspect(thing, { depth: 9 }), KEY_HEX);
    assert.doesNotMatch(JSON.stringify(thing), KEY_HEX);
  }
});

test('wrong parameters are refused at once', () => {
  for (const create of [
    () => createClientHandshake(clientParameters({ alpn: [] })),
    () => createClientHandshake(clientParameters({ cipherSuites: [] })),
    () => createClientHandshake(clientParameters({ groups: [] })),
    () => createClientHandshake(clientParameters({ groups: ['x448' as 'x25519'] })),
    () => createServerHandshake(serverParameters({ alpn: [''] })),
    () =>
      createServerHandshake(
        serverParameters({ cipherSuites: ['RC4' as 'TLS_AES_128_GCM_SHA256'] }),
      ),
  ]) {
    assert.throws(create, UsageError);
  }
});
