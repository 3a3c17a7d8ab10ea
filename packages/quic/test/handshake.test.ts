import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '@mpquic/wire';
import { CONNECTION_ID_LENGTH } from '../src/paths/connection-id-table.ts';
import { DatagramReader } from '../src/wire/packet-header.ts';
import { Pair } from './connection-pair.ts';
import { ScriptedPeer } from './scripted-peer.ts';

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

test("RFC 9000 §12.2: the client's Finished and its first 1-RTT packet share a datagram", () => {
  const peer = new ScriptedPeer('server').establish();
  const flights = peer.datagrams.map((datagram) => packetTypes(datagram));
  const last = flights.findIndex((types) => types.includes('handshake'));
  assert.deepEqual(flights[last]?.slice(-2), ['handshake', 'application']);
  for (const [index, types] of flights.entries()) {
    if (types.includes('initial')) assert.equal(peer.datagrams[index]?.length, 1200);
  }
});

function packetTypes(datagram: Uint8Array): string[] {
  const reader = new DatagramReader();
  reader.begin(datagram, 0, datagram.length, CONNECTION_ID_LENGTH);
  const types: string[] = [];
  for (let header = reader.next(); header !== undefined; header = reader.next()) {
    types.push(header.type);
  }
  return types;
}
