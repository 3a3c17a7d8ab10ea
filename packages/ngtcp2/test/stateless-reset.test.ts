import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeCryptoProvider } from '@mpquic/crypto';
import { createConnectionSet } from '@mpquic/quic';
import { createTransmit } from '@mpquic/wire';
import { createNgtcp2ConnectionSet } from '../src/index.ts';
import { CLIENT, EnginePair, notBuilt, SERVER } from './engine-pair.ts';
import { ROLES } from './roles.ts';

const statelessResetKey = new Uint8Array(32).fill(9);
const CREATE = { ours: createConnectionSet, ngtcp2: createNgtcp2ConnectionSet };

for (const { client, server, who } of ROLES) {
  test(`${who}: a server that lost its state resets the connection`, { skip: notBuilt }, () => {
    const create = CREATE[server];
    const pair = new EnginePair({ client, server: create({ statelessResetKey }) }).establish();
    const restarted = create({ statelessResetKey });
    restarted.listen({ crypto: nodeCryptoProvider, alpn: ['test'], requirePsk: true });
    const { connection } = pair.client;
    const { now } = pair.simulation;
    const into = createTransmit(65_536);
    connection.openStream('uni');
    connection.writeStream(2, new Uint8Array(500), true);
    assert.ok(connection.nextTransmit(now, into, 1));
    const payload = into.buffer.slice(0, into.length);
    const found = restarted.receiveDatagram({ local: SERVER, remote: CLIENT, payload }, now);
    assert.equal(found, undefined);
    assert.ok(restarted.nextTransmit(now, into), 'a stateless reset');
    const reset = into.buffer.slice(0, into.length);
    assert.ok(reset.length < payload.length);
    pair.client.set.receiveDatagram({ local: CLIENT, remote: SERVER, payload: reset }, now);
    pair.until(() => pair.client.has('closed'), 'the end');
    assert.equal(pair.client.all('closed')[0]?.reason.by, 'reset');
  });
}
