import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeCryptoProvider } from '@mpquic/crypto';
import { createTransmit } from '@mpquic/wire';
import fc from 'fast-check';
import { ConnectionIds } from '../src/connection-ids.ts';
import { Engine } from '../src/engine.ts';
import { createNgtcp2ConnectionSet } from '../src/index.ts';
import { webAssembly } from '../src/web-assembly.ts';
import { CLIENT, EnginePair, notBuilt, SERVER } from './engine-pair.ts';
import { ROLES } from './roles.ts';

const CONFIG = { crypto: nodeCryptoProvider, alpn: ['test'] };

test('any octets leave a server as it was, and it answers little', { skip: notBuilt }, () => {
  const set = createNgtcp2ConnectionSet();
  set.listen({ ...CONFIG, requirePsk: true, retry: true });
  const into = createTransmit(65_536);
  const first = fc.constantFrom(0xc0, 0xc3, 0xd0, 0xe0, 0xf0, 0x40, 0x80, 0x00);
  const version = fc.constantFrom(
    [0, 0, 0, 1],
    [0, 0, 0, 0],
    [0x6b, 0x33, 0x43, 0xcf],
    [1, 2, 3, 4],
  );
  const ids = fc.tuple(fc.uint8Array({ maxLength: 25 }), fc.uint8Array({ maxLength: 25 }));
  const packet = fc
    .tuple(first, version, ids, fc.uint8Array({ maxLength: 100 }), fc.boolean())
    .map(([octet, versionOctets, [destination, source], rest, full]) => {
      const head = [octet, ...versionOctets, destination.length, ...destination];
      const all = [...head, source.length, ...source, ...rest];
      const payload = new Uint8Array(full ? Math.max(1200, all.length) : all.length);
      payload.set(all);
      return payload;
    });
  const anything = fc.oneof(packet, fc.uint8Array({ maxLength: 1500 }));
  fc.assert(
    fc.property(anything, (payload) => {
      set.receiveDatagram({ local: SERVER, remote: CLIENT, payload }, 1_000_000);
      let answers = 0;
      while (set.nextTransmit(1_000_000, into)) answers += 1;
      assert.ok(answers <= 1);
      assert.equal(set.size, 0);
    }),
    { numRuns: 500 },
  );
});

for (const { client, server, who } of ROLES) {
  test(`${who}: a network that changes, repeats, reorders and loses`, { skip: notBuilt }, () => {
    const faults = { corruption: 0.2, duplication: 0.2, reordering: 0.2, loss: 0.1 };
    const link = { delay: 10_000, ...faults };
    for (let seed = 1; seed <= 8; seed++) {
      const pair = new EnginePair({ client, server, seed, link });
      const opened = (): boolean => pair.client.connection.handshake !== undefined;
      pair.until(opened, 'the handshake', 60_000_000);
      pair.client.connection.openStream('bidi');
      pair.client.connection.writeStream(0, new Uint8Array(30_000).fill(seed), true);
      pair.until(() => pair.server.finished.has(0), 'the octets', 120_000_000);
      assert.ok(pair.server.content(0).every((octet) => octet === seed));
    }
  });
}

test('a fault of the module ends its connection and no other', { skip: notBuilt }, () => {
  const events: string[] = [];
  const ids = new ConnectionIds<object>(
    nodeCryptoProvider,
    nodeCryptoProvider.random,
    new Uint8Array(32),
  );
  const owner = {};
  const engine = new Engine(
    {
      role: 'client',
      config: CONFIG,
      ids,
      owner,
      handshake: () => assert.fail('no handshake is needed'),
      event: ({ type }) => events.push(type),
      datagram: () => undefined,
      pathValidated: () => undefined,
    },
    0,
  );
  engine.issueId(new Uint8Array(8));
  engine.run(() => {
    throw new webAssembly.RuntimeError('unreachable');
  });
  assert.deepEqual(events, ['closing', 'closed']);
  assert.deepEqual([engine.keys.size, ids.size], [0, 0]);
  assert.ok(
    engine.shim.octets.every((octet) => octet === 0),
    'nothing is left in its memory',
  );
});
