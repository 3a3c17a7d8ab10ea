import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TransportErrorCode } from '@mpquic/quic';
import { EnginePair, notBuilt } from './engine-pair.ts';
import { ROLES } from './roles.ts';

for (const { client, server, who } of ROLES) {
  for (const closer of ['client', 'server'] as const) {
    const other = closer === 'client' ? 'server' : 'client';
    for (const [application, code] of [
      [true, 4242],
      [false, 0x0c],
    ] as const) {
      const kind = application ? 'application' : 'transport';
      test(`${who}: the ${closer} closes with its ${kind} code`, { skip: notBuilt }, () => {
        const pair = new EnginePair({ client, server }).establish();
        const { connection } = pair[closer];
        connection.close(pair.simulation.now, code, 'enough', application);
        pair.until(() => pair.client.has('closed') && pair.server.has('closed'), 'the end');
        const expected = { application, code, reason: 'enough' };
        const [own] = pair[closer].all('closed');
        const [told] = pair[other].all('closed');
        assert.deepEqual(own?.reason, { by: 'local', frameType: 0, ...expected });
        assert.deepEqual(told?.reason, { by: 'peer', frameType: 0, ...expected });
        assert.equal(pair.client.set.size + pair.server.set.size, 0);
      });
    }
  }

  test(`${who}: a silent peer ends in the idle timeout`, { skip: notBuilt }, () => {
    const config = { maxIdleTimeout: 1_000_000 };
    const pair = new EnginePair({ client, server, clientConfig: config, serverConfig: config });
    pair.establish();
    const end = (): boolean => pair.client.has('closed') && pair.server.has('closed');
    pair.until(end, 'the timeout');
    assert.equal(pair.client.all('closed')[0]?.reason.by, 'idle');
    assert.equal(pair.server.all('closed')[0]?.reason.by, 'idle');
  });

  test(`${who}: no keys and no connection IDs stay behind`, { skip: notBuilt }, () => {
    const pair = new EnginePair({ client, server }).establish();
    pair.client.connection.close(pair.simulation.now);
    pair.until(() => pair.client.has('closed') && pair.server.has('closed'), 'the end');
    for (const side of [pair.client, pair.server]) {
      assert.equal(side.connection.closed, true);
      assert.equal(side.connection.openStream('bidi'), undefined);
      assert.equal(side.connection.nextTimeout(), undefined);
      assert.deepEqual(side.connection.writeStream(0, new Uint8Array(1), true), 0);
    }
  });
}

test('ngtcp2 to ours: no version in common', { skip: notBuilt }, () => {
  const pair = new EnginePair({ client: 'ngtcp2', serverConfig: { versions: ['v2'] } });
  pair.until(() => pair.client.has('closed'), 'the end');
  const { by, code } = pair.client.all('closed')[0]?.reason ?? {};
  assert.deepEqual([by, code], ['local', TransportErrorCode.VERSION_NEGOTIATION_ERROR]);
  assert.equal(pair.server.set.dropped['unsupported_version'], 1);
});

test('ngtcp2 to nobody: the attempt is given up', { skip: notBuilt }, () => {
  const pair = new EnginePair({ client: 'ngtcp2', link: { blackhole: true } });
  pair.until(() => pair.client.has('closed'), 'the end', 60_000_000);
  assert.equal(pair.client.all('closed')[0]?.reason.by, 'idle');
});
