import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from '@mpquic/wire';
import { CLIENT_ADDRESS, Pair, SECOND_CLIENT_ADDRESS } from './connection-pair.ts';
import { pathAckFrame, ScriptedPeer } from './scripted-peer.ts';

const KEY_UPDATE_ERROR = 0x0e;

test('RFC 9001 §6: either side updates keys, again and again, and data flows', () => {
  const pair = new Pair().establish();
  const { client, server, simulation } = pair;
  pair.openSecondPath();
  client.connection.openStream('bidi');
  const data = new Uint8Array(50_000);
  for (let round = 1; round <= 6; round++) {
    const side = round % 2 === 0 ? client : server;
    client.connection.writeStream(0, data, false);
    simulation.runFor(1_000_000);
    side.connection.updateKeys(simulation.now);
    client.connection.writeStream(0, data, false);
    simulation.runFor(1_000_000);
    assert.equal(server.octets(0), round * 2 * data.length);
    assert.equal(client.connection.stats().keyUpdates, round);
    assert.equal(server.connection.stats().keyUpdates, round);
  }
  assert.equal(client.connection.stats().packetsDropped['decryption_failed'], undefined);
  const updates = server.all('key_updated');
  assert.deepEqual(
    updates.map(({ by }) => by),
    ['local', 'peer', 'local', 'peer', 'local', 'peer'],
  );
});

test('RFC 9001 §6.1: an update before the handshake is confirmed is refused', () => {
  const peer = new ScriptedPeer('server');
  peer.pump();
  peer.handshakeStep();
  assert.ok(peer.connection.handshake, 'complete, not confirmed');
  assert.throws(() => peer.connection.updateKeys(peer.now), UsageError);
});

test('RFC 9001 §6.1: a server updates keys once the client has its HANDSHAKE_DONE', () => {
  const peer = new ScriptedPeer('client', { server: { keyUpdateAfterPackets: 1 } });
  for (let rounds = 0; rounds < 3; rounds++) peer.handshakeStep();
  assert.ok(peer.events.some(({ type }) => type === 'handshake_confirmed'));
  // Of a client that does not count as confirmed yet, which may refuse such an update.
  peer.write([{ type: 'ping' }]);
  assert.throws(() => peer.connection.updateKeys(peer.now), UsageError);
  assert.equal(peer.connection.stats().keyUpdates, 0, 'nor by itself');
  peer.acknowledgeAll();
  peer.write([{ type: 'ping' }]);
  assert.equal(peer.connection.stats().keyUpdates, 1);
});

test('MP-21 §2.5: after an update, three times the largest PTO pass before the next', () => {
  const pair = new Pair().establish();
  const { client, simulation } = pair;
  client.connection.ping(simulation.now);
  simulation.runFor(200_000);
  client.connection.updateKeys(simulation.now);
  assert.throws(() => client.connection.updateKeys(simulation.now), UsageError, 'unacknowledged');
  client.connection.ping(simulation.now);
  simulation.runFor(50_000);
  const { pto } = client.connection.paths()[0] ?? { pto: 0 };
  assert.throws(() => client.connection.updateKeys(simulation.now), UsageError, 'too early');
  simulation.runFor(3 * pto);
  client.connection.updateKeys(simulation.now);
});

test('RFC 9001 §6.2: a second update before the first can have been acknowledged', () => {
  const peer = new ScriptedPeer('client').establish();
  peer.application.update();
  peer.write([{ type: 'ping' }]);
  assert.equal(peer.connection.stats().keyUpdates, 1);
  peer.application.update();
  peer.write([{ type: 'ping' }]);
  const dropped = peer.dropped('decryption_failed');
  if (dropped === 0) peer.wantClose('a second update', KEY_UPDATE_ERROR);
  else assert.equal(peer.connection.stats().keyUpdates, 1, 'not followed');
});

test('RFC 9001 §6.4: old keys on a packet with a higher number than one of new keys', () => {
  const peer = new ScriptedPeer('client').establish();
  const number = peer.nextNumber();
  const late = peer.packet([{ type: 'ping' }], { packetNumber: number + 5 });
  peer.application.update();
  peer.write([{ type: 'ping' }], { packetNumber: number });
  peer.send(late);
  peer.wantClose('old keys', KEY_UPDATE_ERROR);
});

test('RFC 9001 §6.5: packets of old keys still arrive after an update, then no more', () => {
  const peer = new ScriptedPeer('client').establish();
  const late = peer.packet([{ type: 'ping' }]);
  const later = peer.packet([{ type: 'ping' }]);
  peer.application.update();
  peer.write([{ type: 'ping' }]);
  peer.send(late);
  assert.equal(peer.dropped('decryption_failed'), 0);
  peer.advance(5_000_000);
  peer.send(later);
  assert.equal(peer.dropped('decryption_failed'), 1);
});

test('RFC 9001 §6.2: an acknowledgement under old keys of packets under new ones', () => {
  const peer = new ScriptedPeer('client').establish();
  peer.connection.ping(peer.now);
  peer.acknowledgeAll();
  peer.seen.length = 0;
  peer.connection.ping(peer.now);
  const { packetNumber: last } = peer.wantSeen('under old keys', 'ping');
  const stale = peer.packet([pathAckFrame(0, last + 1, last + 1)]);
  peer.connection.updateKeys(peer.now);
  peer.connection.ping(peer.now);
  assert.equal(peer.wantSeen('under new keys', 'ping').packetNumber, last + 1);
  peer.send(stale);
  peer.wantClose('old keys', KEY_UPDATE_ERROR);
});

test('RFC 9001 §6.6: keys are updated after so many packets as configured', () => {
  const pair = new Pair({ client: { keyUpdateAfterPackets: 100 } }).establish();
  const { client, server } = pair;
  client.connection.openStream('bidi');
  client.connection.writeStream(0, new Uint8Array(1_000_000), true);
  pair.until(() => server.octets(0) === 1_000_000);
  assert.ok(client.connection.stats().keyUpdates >= 1);
  assert.equal(server.connection.stats().packetsDropped['decryption_failed'], undefined);
});

test('MP-21 §2.5: a path opened during an update', () => {
  const pair = new Pair().establish();
  const { client, simulation } = pair;
  simulation.runFor(500_000);
  client.connection.updateKeys(simulation.now);
  assert.equal(client.connection.paths()[0]?.local, CLIENT_ADDRESS);
  pair.openSecondPath();
  assert.equal(client.connection.paths()[1]?.local, SECOND_CLIENT_ADDRESS);
  assert.equal(client.connection.stats().packetsDropped['decryption_failed'], undefined);
});
