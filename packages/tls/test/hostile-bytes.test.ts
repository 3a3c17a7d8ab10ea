/** Bytes in any pieces, and any bytes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concatBytes } from '@mpquic/wire';
import fc from 'fast-check';
import {
  Alert,
  createClientHandshake,
  createServerHandshake,
  type EncryptionLevel,
  type Handshake,
  InMemoryPskStore,
  ProtocolViolation,
  TlsAlert,
} from '../src/index.ts';
import { assertAlert, clientParameters, Pair, Side, serverParameters, testPsk } from './pair.ts';

/** Gives `bytes` in pieces of the given sizes, again and again. */
function receiveInPieces(
  handshake: Handshake,
  level: EncryptionLevel,
  bytes: Uint8Array,
  sizes: readonly number[],
): void {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] as number;
    handshake.receive(level, bytes.subarray(at, at + size));
    at += size;
  }
}

test('messages may come in pieces of any size', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 8 }),
      fc.boolean(),
      (sizes, retry) => {
        const groups = retry ? (['secp256r1', 'x25519'] as const) : (['x25519'] as const);
        const pair = new Pair({ groups }, { groups: ['x25519'] });
        const { client, server } = pair;
        client.handshake.start();
        for (let sent = 1; sent > 0; ) {
          const up = client.drain();
          for (const { level, data } of up) receiveInPieces(server.handshake, level, data, sizes);
          const down = server.drain();
          for (const { level, data } of down) receiveInPieces(client.handshake, level, data, sizes);
          sent = up.length + down.length;
        }
        pair.assertComplete();
      },
    ),
    { numRuns: 40 },
  );
});

test('what comes during a look-up waits for its answer', async () => {
  const psks = new InMemoryPskStore([testPsk()]);
  const client = new Side(createClientHandshake(clientParameters()));
  const server = new Side(createServerHandshake(serverParameters()));
  client.handshake.start();
  for (const { level, data } of client.drain()) server.handshake.receive(level, data);
  assert.deepEqual(server.drain(), []);
  const lookup = server.events.find((event) => event.type === 'psk_lookup');
  assert.ok(lookup !== undefined);
  assert.equal(server.handshake.nextEvent(), undefined);

  const found = await Promise.resolve(psks.lookup(lookup.lookup.identities));
  server.handshake.answerPskLookup(found);
  for (const { level, data } of server.drain()) client.handshake.receive(level, data);
  for (const { level, data } of client.drain()) server.handshake.receive(level, data);
  server.drain();
  assert.ok(server.summary !== undefined);
});

test('data behind a ClientHello that waits are refused once the keys change', () => {
  const client = new Side(createClientHandshake(clientParameters()));
  const server = new Side(createServerHandshake(serverParameters()));
  client.handshake.start();
  const hello = client.drain()[0]?.data as Uint8Array;
  server.handshake.receive('initial', concatBytes(hello, Uint8Array.of(1)));
  assert.throws(() => server.handshake.answerPskLookup([testPsk()]), ProtocolViolation);
});

test('more data than any message needs are refused while a look-up is on the way: 47', () => {
  const client = new Side(createClientHandshake(clientParameters()));
  const server = new Side(createServerHandshake(serverParameters()));
  client.handshake.start();
  server.handshake.receive('initial', client.drain()[0]?.data as Uint8Array);
  const chunk = new Uint8Array(1200);
  assertAlert(() => {
    for (let i = 0; i < 1000; i++) server.handshake.receive('initial', chunk);
  }, Alert.illegal_parameter);
});

test('a message that announces more than its type needs is refused at its header: 47', () => {
  for (const [type, length] of [
    [1, 0x1_2001],
    [2, 0x2001],
    [8, 0x1_0003],
    [11, 0x2_0001],
    [20, 65],
  ] as const) {
    const server = new Side(createServerHandshake(serverParameters()));
    const header = Uint8Array.of(type, length >>> 16, length >>> 8, length);
    assertAlert(() => server.handshake.receive('initial', header), Alert.illegal_parameter);
  }
});

test('a message of unknown type is refused at its header: 10', () => {
  const server = new Side(createServerHandshake(serverParameters()));
  assertAlert(
    () => server.handshake.receive('initial', Uint8Array.of(99, 0, 0, 1)),
    Alert.unexpected_message,
  );
});

/** That `step` ends well, or with one of the two errors that end a connection. */
function total(step: () => void): void {
  try {
    step();
  } catch (error) {
    const declared = error instanceof TlsAlert || error instanceof ProtocolViolation;
    if (!declared) throw error;
  }
}

const mutations = fc.array(
  fc.record(
    {
      at: fc.nat({ max: 400 }),
      operation: fc.constantFrom('set', 'insert', 'remove'),
      octet: fc.nat({ max: 255 }),
    },
    { noNullPrototype: true },
  ),
  { minLength: 1, maxLength: 4 },
);

function mutate(
  bytes: Uint8Array,
  changes: readonly { at: number; operation: string; octet: number }[],
): Uint8Array {
  const list = Array.from(bytes);
  for (const { at, operation, octet } of changes) {
    const index = at % Math.max(1, list.length);
    if (operation === 'set') list[index] = octet;
    else if (operation === 'insert') list.splice(index, 0, octet);
    else list.splice(index, 1);
  }
  return Uint8Array.from(list);
}

test('a server answers any bytes with messages or an alert', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.constantFrom(1, 1, 1, 2, 20),
      (body, type) => {
        const server = new Side(createServerHandshake(serverParameters()), new InMemoryPskStore());
        const message = concatBytes(Uint8Array.of(type, 0, body.length >>> 8, body.length), body);
        total(() => {
          server.handshake.receive('initial', message);
          server.drain();
        });
        assert.equal(server.summary, undefined);
      },
    ),
    { numRuns: 300 },
  );
});

for (const from of ['client', 'server'] as const) {
  for (const level of ['initial', 'handshake'] as const) {
    test(`changed ${level} messages of the ${from} never complete a handshake by accident`, () => {
      fc.assert(
        fc.property(mutations, (changes) => {
          const pair = new Pair({ serverName: 'upf.example' });
          let changed = false;
          const change = (data: Uint8Array, at: EncryptionLevel): Uint8Array => {
            if (at !== level) return data;
            const mutated = mutate(data, changes);
            changed ||= !sameBytes(mutated, data);
            return mutated;
          };
          if (from === 'client') pair.fromClient = change;
          else pair.fromServer = change;
          total(() => pair.run());
          if (changed) assert.equal(pair.server.summary, undefined);
        }),
        { numRuns: 150 },
      );
    });
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, i) => octet === b[i]);
}
