import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '@mpquic/wire';
import { Pair } from './connection-pair.ts';

test('a handshake, and one stream there and back', () => {
  const pair = new Pair().establish();
  const { client, server } = pair;
  assert.equal(client.connection.multipath, true);
  assert.equal(server.connection.handshake?.psk?.mode, 'raw');
  const id = client.connection.openStream('bidi');
  assert.equal(id, 0);
  client.connection.writeStream(0, utf8('hello'), true);
  server.onEvent = (connection, event) => {
    if (event.type === 'stream_readable') connection.writeStream(0, utf8('world!'), true);
  };
  pair.until(() => client.finished.has(0) && client.has('stream_delivered'));
  assert.equal(server.octets(0), 5);
  assert.equal(client.octets(0), 6);
});
