import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeCryptoProvider } from '@mpquic/crypto';
import { type Address, createTransmit, type Transmit, utf8 } from '@mpquic/wire';
import {
  type ConnectionEvent,
  type ConnectionMachine,
  type ConnectionSet,
  createConnectionSet,
} from '../src/index.ts';
import { CLIENT_ADDRESS, Pair, PSK, SERVER_ADDRESS, type Side } from './connection-pair.ts';
import { ScriptedPeer } from './scripted-peer.ts';

test('RFC 9000 §10.2: an application closes, with its code and reason', () => {
  const pair = new Pair().establish();
  const { client, server, simulation } = pair;
  client.connection.close(simulation.now, 77, 'enough');
  simulation.runUntil(() => client.has('closed') && server.has('closed'), 10_000_000, 'the end');
  const reason = { application: true, code: 77, frameType: 0, reason: 'enough' };
  assert.deepEqual(client.all('closed')[0]?.reason, { by: 'local', ...reason });
  assert.deepEqual(server.all('closed')[0]?.reason, { by: 'peer', ...reason });
  assert.equal(client.machine.set.size + server.machine.set.size, 0);
});

test('RFC 9000 §10.2.3: an application close during the handshake says nothing of it', () => {
  const pair = new Pair();
  const { client, server, simulation } = pair;
  simulation.runUntil(() => client.has('handshake_complete'), 1_000_000, 'completion');
  client.connection.close(simulation.now, 77, 'a secret');
  simulation.runUntil(() => server.has('closing'), 1_000_000, 'the close');
  const reason = server.all('closing')[0]?.reason;
  assert.ok(reason?.code === 0x0c || reason?.code === 77);
  if (reason.code === 0x0c) assert.equal(reason.reason, '');
});

test('a client that closes before its Finished left sends that first, so that the server knows who closed', () => {
  const client = new ScriptedHandshake();
  client.connection.close(client.now, 77, 'at once');
  client.deliver();
  assert.ok(client.serverSaw('handshake_complete'));
  const closing = client.serverEvents.find((event) => event.type === 'closing');
  assert.deepEqual(closing?.type === 'closing' && closing.reason, {
    by: 'peer',
    application: true,
    code: 77,
    frameType: 0,
    reason: 'at once',
  });
});

test('RFC 9000 §10.2.1: replies of a closing endpoint become rare', () => {
  const peer = new ScriptedPeer('client').establish();
  peer.connection.close(peer.now, 5, '');
  peer.wantFrame('the close', 'connection_close');
  for (let i = 0; i < 100; i++) peer.write([{ type: 'ping' }]);
  assert.equal(peer.seen.length, 7, 'after 1, 2, 4 ... 64 datagrams');
});

test('RFC 9000 §10.2.2: a draining endpoint sends nothing', () => {
  const peer = new ScriptedPeer('client').establish();
  peer.connection.openStream('uni');
  peer.connection.writeStream(3, utf8('x'), true);
  peer.pump();
  const before = peer.datagrams.length;
  const fields = { errorCode: 9, frameType: 0, reason: utf8('bye') };
  peer.write([{ type: 'connection_close', application: true, ...fields }]);
  peer.write([{ type: 'ping' }, { type: 'ping' }]);
  assert.equal(peer.datagrams.length, before);
  const [closing] = peer.events.filter((event) => event.type === 'closing');
  assert.deepEqual(closing?.reason, {
    by: 'peer',
    application: true,
    code: 9,
    frameType: 0,
    reason: 'bye',
  });
  peer.advance(10_000_000);
  assert.equal(peer.datagrams.length, before);
  assert.ok(peer.events.some((event) => event.type === 'closed'));
  assert.equal(peer.connection.nextTimeout(), undefined);
});

test('RFC 9000 §10.1: idle timeout, the lesser of both', () => {
  const peer = new ScriptedPeer('client', {
    parameters: { maxIdleTimeout: 3_000_000 },
  }).establish();
  const started = peer.now;
  peer.advance(2_900_000);
  peer.write([{ type: 'padding', length: 20 }]);
  peer.advance(2_900_000);
  peer.wantOpen('a packet restarts it');
  peer.advance(200_000);
  const [closed] = peer.events.filter((event) => event.type === 'closed');
  assert.equal(closed?.reason.by, 'idle');
  assert.ok(peer.now - started > 5_800_000);
});

test('RFC 9000 §10.1: the first ack-eliciting packet sent restarts the idle timeout, later ones do not', () => {
  const peer = new ScriptedPeer('client', {
    parameters: { maxIdleTimeout: 3_000_000 },
  }).establish();
  peer.advance(2_000_000);
  peer.connection.ping(peer.now);
  peer.advance(2_900_000);
  peer.wantOpen('restarted');
  peer.advance(200_000);
  assert.ok(
    peer.events.some((event) => event.type === 'closed'),
    'probes do not keep it alive',
  );
});

test('RFC 9000 §10.3: a stateless reset with the right token ends a connection, others do not', () => {
  const peer = new ScriptedPeer('client').establish();
  const announcement = peer.newConnectionId(0, 1, 1);
  assert.equal(announcement.type, 'path_new_connection_id');
  const token = announcement.statelessResetToken;
  peer.write([announcement]);
  const reset = (last: number): Uint8Array => {
    const datagram = peer.random.fill(new Uint8Array(40));
    datagram[0] = 0x41;
    datagram.set(token, 24);
    datagram[39] = (token[15] as number) ^ last;
    return datagram;
  };
  peer.send(reset(1));
  peer.wantOpen('a wrong token');
  peer.send(reset(0));
  const [closing] = peer.events.filter((event) => event.type === 'closing');
  assert.equal(closing?.reason.by, 'reset');
  const before = peer.datagrams.length;
  peer.advance(5_000_000);
  assert.equal(peer.datagrams.length, before, 'nothing is sent');
});

test('RFC 9000 §10.3.1: a reset may come in a packet of a known connection ID', () => {
  const peer = new ScriptedPeer('client').establish();
  const announcement = peer.newConnectionId(0, 1, 1);
  assert.equal(announcement.type, 'path_new_connection_id');
  peer.write([announcement]);
  const datagram = peer.random.fill(new Uint8Array(60));
  datagram[0] = 0x41;
  datagram.set(peer.testedIds.get('0/0') as Uint8Array, 1);
  datagram.set(announcement.statelessResetToken, 44);
  peer.send(datagram);
  const [closing] = peer.events.filter((event) => event.type === 'closing');
  assert.equal(closing?.reason.by, 'reset');
});

test('RFC 9000 §10.3: packets for a forgotten connection are answered by a reset, which ends it', () => {
  const pair = new Pair().establish();
  const { client, server, simulation } = pair;
  simulation.runFor(1_000_000);
  server.connection.close(simulation.now);
  // The server forgets at once, as after a restart with the same key; its close is lost.
  pair.wire.back.set({ blackhole: true });
  simulation.runUntil(() => server.has('closed'), 5_000_000, 'the end of the server');
  pair.wire.back.set({ blackhole: false });
  server.machine.connections.length = 0;
  client.connection.openStream('uni');
  client.connection.writeStream(2, new Uint8Array(500), true);
  simulation.runUntil(() => client.has('closed'), 5_000_000, 'the reset');
  assert.equal(client.all('closed')[0]?.reason.by, 'reset');
});

test('RFC 9000 §10.3.3: a reset is smaller than what it answers, and small ones get none', () => {
  const peer = new ScriptedPeer('client').establish();
  for (const length of [1200, 100, 43, 30, 22, 21, 10]) {
    const before = peer.datagrams.length;
    const datagram = peer.random.fill(new Uint8Array(length));
    datagram[0] = 0x41;
    peer.send(datagram);
    const answer = peer.datagrams[before];
    if (length <= 21) assert.equal(answer, undefined);
    else assert.ok(answer && answer.length < length, `${length} octets`);
  }
});

test('RFC 9000 §10.2: what a connection was can be asked in its closing and draining period, and after it', () => {
  const pair = new Pair().establish();
  const { client, server, simulation } = pair;
  client.connection.openStream('uni');
  client.connection.writeStream(2, utf8('all of it'), true);
  simulation.runUntil(() => server.finished.has(2), 1_000_000, 'the stream');
  client.connection.close(simulation.now, 77, '');
  simulation.runUntil(() => server.has('closing'), 1_000_000, 'the close');
  const describe = ({ connection }: Side): unknown => {
    const { handshake, multipath, version, role, earlyData } = connection;
    return [handshake?.alpn, multipath, version, role, earlyData, connection.paths().length];
  };
  for (const phase of ['closing', 'closed'] as const) {
    simulation.runUntil(() => client.has(phase) && server.has(phase), 10_000_000, phase);
    assert.deepEqual(describe(client), ['test', true, 'v1', 'client', 'none', 1]);
    assert.deepEqual(describe(server), ['test', true, 'v1', 'server', 'none', 1]);
    assert.equal(client.connection.stats().streamsOpened, 1);
    assert.equal(server.connection.paths()[0]?.bytesReceived, client.connection.stats().bytesSent);
    assert.throws(() => client.connection.updateKeys(simulation.now), /cannot be updated/);
  }
});

test('what came before the close can be read after it', () => {
  const pair = new Pair().establish();
  const { client, server, simulation } = pair;
  server.reads = false;
  client.connection.openStream('uni');
  client.connection.writeStream(2, utf8('read me'), true);
  simulation.runUntil(() => server.has('stream_readable'), 1_000_000, 'the stream');
  client.connection.close(simulation.now, 0, '');
  simulation.runUntil(() => server.has('closing'), 1_000_000, 'the close');
  server.read(server.connection, 2);
  assert.deepEqual(server.content(2), utf8('read me'));
  assert.ok(server.finished.has(2));
  simulation.runUntil(() => server.has('closed'), 10_000_000, 'the end');
});

test('a close before anything arrived, and calls after the end, do no harm', () => {
  const pair = new Pair({ link: { blackhole: true } });
  const { client, simulation } = pair;
  client.connection.close(simulation.now, 1, 'never mind');
  simulation.runUntil(() => client.has('closed'), 10_000_000, 'the end');
  const connection = client.connection;
  assert.equal(connection.openStream('bidi'), undefined);
  assert.equal(connection.writeStream(0, utf8('x'), true), 0);
  assert.equal(connection.sendDatagram(utf8('x')), undefined);
  assert.equal(connection.closed, true);
  connection.close(simulation.now);
  connection.handleTimeout(simulation.now);
  const remote = SERVER_ADDRESS;
  const local = remote;
  connection.receiveDatagram({ local, remote, payload: new Uint8Array(100) }, simulation.now);
  assert.equal(connection.nextTransmit(simulation.now, createTransmit(2000), 1), false);
  assert.equal(connection.nextEvent(), undefined);
});

test('MP-21 §2.6: CONNECTION_CLOSE goes out on every path, as one may be broken', () => {
  const pair = new Pair().establish();
  pair.openSecondPath();
  const { client, server, simulation } = pair;
  pair.wire.forth.set({ blackhole: true });
  client.connection.close(simulation.now, 3, 'over the other one');
  simulation.runUntil(() => server.has('closing'), 100_000, 'the close');
  assert.equal(server.all('closing')[0]?.reason.code, 3);
});

/** Two connection sets without a network: the client has read the server's flight, and sent nothing since. */
class ScriptedHandshake {
  readonly now = 1000;
  readonly connection: ConnectionMachine;
  readonly serverEvents: ConnectionEvent[] = [];
  readonly #client = createConnectionSet();
  readonly #server = createConnectionSet();

  constructor() {
    const common = { crypto: nodeCryptoProvider, alpn: ['test'] };
    this.#server.listen({ ...common, requirePsk: true });
    const addresses = { local: CLIENT_ADDRESS, remote: SERVER_ADDRESS };
    this.connection = this.#client.connect({ ...common, psks: [PSK], ...addresses }, this.now);
    const server = this.deliver();
    const into = createTransmit(65_536);
    while (server.nextTransmit(this.now, into, 1)) this.#carry(into, this.#client);
  }

  serverSaw(type: ConnectionEvent['type']): boolean {
    return this.serverEvents.some((event) => event.type === type);
  }

  /** What the client has to send; returns the server's connection. */
  deliver(): ConnectionMachine {
    const into = createTransmit(65_536);
    let server: ConnectionMachine | undefined;
    while (this.connection.nextTransmit(this.now, into, 1)) {
      server = this.#carry(into, this.#server);
      for (let event = server.nextEvent(); event !== undefined; event = server.nextEvent()) {
        this.serverEvents.push(event);
        if (event.type === 'psk_lookup') server.answerPskLookup([PSK], this.now);
      }
    }
    if (server === undefined) throw new Error('nothing was sent');
    return server;
  }

  #carry({ buffer, start, length, local, remote }: Transmit, to: ConnectionSet): ConnectionMachine {
    const payload = buffer.slice(start, start + length);
    const ends = { local: remote as Address, remote: local as Address };
    const machine = to.receiveDatagram({ ...ends, payload, ecn: 0 }, this.now);
    if (machine === undefined) throw new Error('the datagram belongs to no connection');
    return machine;
  }
}
