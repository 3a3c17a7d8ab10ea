import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeCryptoProvider } from '@mpquic/crypto';
import { SeededRandom } from '@mpquic/testkit';
import { createTransmit, UsageError } from '@mpquic/wire';
import { createConnectionSet } from '../src/set/connection-set.ts';
import { CLIENT_ADDRESS, Pair, PSK, SERVER_ADDRESS } from './connection-pair.ts';
import { ScriptedPeer } from './scripted-peer.ts';

const crypto = nodeCryptoProvider;

test('RFC 9000 §8.1.2: with Retry, a handshake takes one round trip more and validates the address', () => {
  const pair = new Pair({ server: { retry: true } });
  const { client, server, simulation } = pair;
  simulation.runUntil(() => client.has('handshake_confirmed'), 1_000_000, 'the handshake');
  assert.equal(server.machine.set.dropped['address_not_validated'], 1);
  assert.equal(server.machine.set.size, 1);
  assert.ok(simulation.now >= 60_000, 'three round trips of 20 ms');
  assert.equal(server.has('handshake_confirmed'), true);
});

test('RFC 9000 §8.1.2: a forged token is refused', () => {
  const peer = new ScriptedPeer('client', { server: { retry: true } });
  const [flight] = peer.handshakeFlight();
  assert.ok(flight);
  const token = new Uint8Array(60).fill(1);
  peer.write(flight.frames, { level: 'initial', padTo: 1200, token });
  assert.equal(peer.set.dropped['invalid_token'], 1);
  assert.equal(peer.wantFrame('refused', 'connection_close', 'initial').errorCode, 0x0b);
  assert.equal(peer.set.size, 0);
});

test('RFC 9000 §21.2: under a flood of Initials Retry switches on, and an old connection goes on', () => {
  const pair = new Pair().establish();
  const { server, client, simulation } = pair;
  const transmit = createTransmit(4096);
  let accepted = 0;
  for (let i = 0; i < 400; i++) {
    const set = createConnectionSet();
    const config = { crypto, alpn: ['test'], psks: [PSK], local: CLIENT_ADDRESS };
    const flooding = set.connect({ ...config, remote: SERVER_ADDRESS }, simulation.now);
    assert.ok(flooding.nextTransmit(simulation.now, transmit, 1));
    const payload = transmit.buffer.slice(0, transmit.length);
    const remote = { host: '192.0.2.99', port: 1000 + i };
    const taken = server.machine.set.receiveDatagram(
      { local: SERVER_ADDRESS, remote, payload },
      simulation.now,
    );
    if (taken !== undefined) accepted += 1;
  }
  assert.equal(accepted, 256);
  assert.equal(server.machine.set.dropped['address_not_validated'], 400 - 256);
  let answers = 0;
  while (server.machine.set.nextTransmit(simulation.now, transmit)) answers += 1;
  assert.equal(answers, 64, 'answers are capped');
  client.connection.openStream('bidi');
  client.connection.writeStream(0, new Uint8Array(1000), true);
  pair.until(() => server.octets(0) === 1000);
});

test('a set that does not listen takes nothing, one that stops keeps what it has', () => {
  const pair = new Pair().establish();
  const { server, client, simulation } = pair;
  server.machine.set.listen(undefined);
  pair.connect();
  simulation.runFor(500_000);
  assert.equal(server.machine.set.size, 1);
  assert.ok((server.machine.set.dropped['unknown_connection_id'] ?? 0) > 0);
  client.connection.openStream('bidi');
  client.connection.writeStream(0, new Uint8Array(1000), true);
  pair.until(() => server.octets(0) === 1000);
});

test('many connections at once find their way', () => {
  const pair = new Pair({ link: { delay: 5_000 } });
  for (let i = 0; i < 50; i++) pair.connect();
  pair.until(() => pair.client.all('handshake_confirmed').length === 51);
  assert.equal(pair.server.machine.set.size, 51);
  for (const connection of pair.client.machine.connections) {
    connection.openStream('uni');
    connection.writeStream(2, new Uint8Array(100), true);
  }
  pair.until(() => pair.server.all('stream_opened').length === 51);
});

test('datagrams that are no QUIC are counted and dropped', () => {
  const set = createConnectionSet();
  set.listen({ crypto, alpn: ['test'] });
  const receive = (payload: Uint8Array): void => {
    const taken = set.receiveDatagram(
      { local: SERVER_ADDRESS, remote: CLIENT_ADDRESS, payload },
      0,
    );
    assert.equal(taken, undefined);
  };
  receive(new Uint8Array(0));
  receive(new Uint8Array(5));
  receive(new Uint8Array(1300));
  receive(new Uint8Array(1300).fill(0xff));
  receive(new Uint8Array(1300).fill(0xc0));
  const random = new SeededRandom(3);
  for (let i = 0; i < 2000; i++) receive(random.fill(new Uint8Array(21 + (i % 1400))));
  const dropped = Object.values(set.dropped).reduce((sum, count) => sum + count, 0);
  assert.equal(dropped, 2005);
  assert.equal(set.size, 0);
});

test('a wrong configuration is refused in one line', () => {
  const set = createConnectionSet();
  const config = { crypto, alpn: ['test'], psks: [PSK], local: CLIENT_ADDRESS };
  const connect = (wrong: object) => () =>
    set.connect({ ...config, remote: SERVER_ADDRESS, ...wrong }, 0);
  assert.throws(connect({ maxUdpPayloadSize: 1199 }), UsageError);
  assert.throws(connect({ activeConnectionIdLimit: 1 }), UsageError);
  assert.throws(connect({ initialMaxPathId: 0 }), UsageError);
  assert.throws(connect({ maxAckDelay: -1 }), UsageError);
  assert.throws(() => set.listen({ crypto, alpn: ['test'], ackDelayExponent: 21 }), UsageError);
});
