import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toHex, utf8 } from '@mpquic/wire';
import { type EngineName, EnginePair, notBuilt, PSK } from './engine-pair.ts';

const ROLES: readonly { readonly client: EngineName; readonly server: EngineName }[] = [
  { client: 'ngtcp2', server: 'ours' },
  { client: 'ours', server: 'ngtcp2' },
  { client: 'ngtcp2', server: 'ngtcp2' },
];

for (const { client, server } of ROLES) {
  const who = `${client} to ${server}`;

  test(`${who}: a handshake by PSK, and one stream there and back`, { skip: notBuilt }, () => {
    const pair = new EnginePair({ client, server }).establish();
    for (const side of [pair.client, pair.server]) {
      assert.equal(
        toHex(side.connection.handshake?.psk?.identity ?? utf8('none')),
        toHex(PSK.identity),
      );
    }
    pair.server.onEvent = (connection, event) => {
      if (event.type === 'stream_readable') connection.writeStream(0, utf8('world!'), true);
    };
    assert.equal(pair.client.connection.openStream('bidi'), 0);
    pair.client.connection.writeStream(0, utf8('hello'), true);
    pair.until(
      () => pair.client.finished.has(0) && pair.client.has('stream_delivered'),
      'an answer',
    );
    assert.deepEqual(pair.server.content(0), utf8('hello'));
    assert.deepEqual(pair.client.content(0), utf8('world!'));
  });
}
