import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '@mpquic/wire';
import { EnginePair, notBuilt, OTHER_CLIENT, SERVER } from './engine-pair.ts';

for (const [client, server] of [
  ['ngtcp2', 'ours'],
  ['ours', 'ngtcp2'],
] as const) {
  test(`${client} to ${server}: the client moves`, { skip: notBuilt }, () => {
    const pair = new EnginePair({ client, server, clientConfig: { initialMaxPathId: undefined } });
    pair.establish();
    const { connection } = pair.client;
    pair.until(
      () => connection.migratePath(0, OTHER_CLIENT, SERVER, pair.simulation.now),
      'a connection ID for the move',
    );
    pair.until(() => pair.client.has('path_migrated'), 'the move');
    assert.deepEqual(connection.paths()[0]?.local, OTHER_CLIENT);
    connection.openStream('uni');
    connection.writeStream(2, utf8('from elsewhere'), true);
    pair.until(() => pair.server.finished.has(2) && pair.server.has('path_migrated'), 'the octets');
    assert.deepEqual(pair.server.connection.paths()[0]?.remote, OTHER_CLIENT);
  });
}
