/** Clients that move, and servers that ask them to. RFC 9000 §9 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toHex, UsageError, utf8 } from '@mpquic/wire';
import type { Frame } from '../src/wire/frames.ts';
import {
  CLIENT_ADDRESS,
  Pair,
  type PairOptions,
  SECOND_CLIENT_ADDRESS,
  SECOND_SERVER_ADDRESS,
  SERVER_ADDRESS,
} from './connection-pair.ts';
import { ScriptedPeer } from './scripted-peer.ts';

const PREFERRED = { preferredAddress: { ipv4: SECOND_SERVER_ADDRESS } };

/** A pair that agrees on a path ID of 0 alone, or on several. */
function established(options: PairOptions = {}, multipath = true): Pair {
  const ids = multipath ? {} : { initialMaxPathId: undefined as never };
  return new Pair({
    ...options,
    client: { ...ids, ...options.client },
    server: { ...ids, ...options.server },
  }).establish();
}

/** Runs until both sides exchanged what follows the handshake. */
function settle(pair: Pair, duration = 200_000): Pair {
  pair.simulation.runFor(duration);
  return pair;
}

function migrate(pair: Pair, remote = SERVER_ADDRESS): boolean {
  const { connection } = pair.client;
  return connection.migratePath(0, SECOND_CLIENT_ADDRESS, remote, pair.simulation.now);
}

/** 200,000 octets from the client, checked. */
function transfer(pair: Pair): void {
  const content = new Uint8Array(200_000).map((_, i) => i % 253);
  const streamId = pair.client.connection.openStream('uni') as number;
  pair.client.connection.writeStream(streamId, content, true);
  pair.until(() => pair.server.finished.has(streamId), 60_000_000, 'the transfer');
  assert.deepEqual(pair.server.content(streamId), content);
}

for (const multipath of [true, false]) {
  const how = multipath ? 'with multipath' : 'without multipath';
  test(`RFC 9000 §9.2: a client moves and the server follows, ${how}`, () => {
    const pair = settle(established({}, multipath));
    assert.equal(migrate(pair), true);
    pair.until(() => pair.client.has('path_migrated') && pair.server.has('path_migrated'));
    transfer(pair);
    const [own] = pair.client.connection.paths();
    const [seen] = pair.server.connection.paths();
    assert.deepEqual([own?.id, own?.local, own?.state], [0, SECOND_CLIENT_ADDRESS, 'active']);
    assert.deepEqual([seen?.id, seen?.remote, seen?.state], [0, SECOND_CLIENT_ADDRESS, 'active']);
    assert.equal(pair.client.connection.paths().length, 1);
    assert.equal(pair.client.has('path_migration_failed'), false);
  });
}

test('RFC 9000 §9.1: data go the old way until the new one is known to work', () => {
  const pair = settle(established({ secondLink: { blackhole: true } }));
  assert.equal(migrate(pair), true);
  transfer(pair);
  pair.until(() => pair.client.has('path_migration_failed'), 10_000_000);
  assert.deepEqual(pair.client.connection.paths()[0]?.local, CLIENT_ADDRESS);
  assert.equal(pair.server.has('path_migrated'), false);
  transfer(pair);
});

test('a move in the middle of a transfer, with the old way gone', () => {
  for (let seed = 1; seed <= 6; seed++) {
    const link = { delay: 15_000, loss: 0.02, rate: 20_000_000 };
    const pair = settle(established({ seed, link, secondLink: { ...link, delay: 40_000 } }));
    const content = new Uint8Array(400_000).map((_, i) => i % 253);
    const streamId = pair.client.connection.openStream('uni') as number;
    pair.client.connection.writeStream(streamId, content, true);
    settle(pair, 60_000);
    pair.wire.forth.set({ blackhole: true });
    pair.wire.back.set({ blackhole: true });
    migrate(pair);
    pair.until(() => pair.server.finished.has(streamId), 60_000_000, `seed ${seed}`);
    assert.deepEqual(pair.server.content(streamId), content);
  }
});

test('a client moves again and again: connection IDs do not run out', () => {
  const pair = settle(established());
  const places = [SECOND_CLIENT_ADDRESS, CLIENT_ADDRESS];
  for (let i = 0; i < 20; i++) {
    const local = places[i % 2] as typeof CLIENT_ADDRESS;
    const { connection } = pair.client;
    assert.equal(
      connection.migratePath(0, local, SERVER_ADDRESS, pair.simulation.now),
      true,
      `${i}`,
    );
    const moved = (): boolean => connection.paths()[0]?.local === local;
    pair.until(moved, 5_000_000, `move ${i}`);
    settle(pair);
  }
  transfer(pair);
});

test('RFC 9000 §18.2: a server that forbids migration keeps its clients where they are', () => {
  const server = { disableActiveMigration: true, ...PREFERRED };
  const pair = settle(established({ server }));
  assert.throws(() => migrate(pair), UsageError);
  assert.equal(migrate(pair, SECOND_SERVER_ADDRESS), true, 'but for the preferred address');
});

test('only clients migrate, after the handshake, to another place, of the same server', () => {
  const pair = new Pair();
  assert.throws(() => migrate(pair), /confirmed/);
  pair.establish();
  const { now } = pair.simulation;
  const { client, server } = pair;
  const toOther = (): boolean =>
    client.connection.migratePath(0, SECOND_CLIENT_ADDRESS, SECOND_SERVER_ADDRESS, now);
  assert.throws(toOther, /preferred/);
  const toSame = (): boolean =>
    client.connection.migratePath(0, CLIENT_ADDRESS, SERVER_ADDRESS, now);
  assert.throws(toSame, /already/);
  const byServer = (): boolean =>
    server.connection.migratePath(0, SERVER_ADDRESS, SECOND_CLIENT_ADDRESS, now);
  assert.throws(byServer, /clients/);
});

for (const multipath of [true, false]) {
  const how = multipath ? 'with multipath' : 'without multipath';
  test(`RFC 9000 §9.6: a client moves to the preferred address of its server, ${how}`, () => {
    const pair = settle(established({ server: PREFERRED }, multipath));
    const [event] = pair.client.all('preferred_address');
    assert.deepEqual([event?.ipv4, event?.ipv6], [SECOND_SERVER_ADDRESS, undefined]);
    assert.equal(migrate(pair, SECOND_SERVER_ADDRESS), true);
    pair.until(() => pair.client.has('path_migrated') && pair.server.has('path_migrated'));
    transfer(pair);
    const [seen] = pair.server.connection.paths();
    assert.deepEqual([seen?.local, seen?.remote], [SECOND_SERVER_ADDRESS, SECOND_CLIENT_ADDRESS]);
    assert.deepEqual(pair.client.connection.paths()[0]?.remote, SECOND_SERVER_ADDRESS);
  });
}

test('RFC 9000 §9.6.1: a preferred address that does not answer leaves the client where it is', () => {
  const pair = settle(established({ server: PREFERRED, secondLink: { blackhole: true } }));
  migrate(pair, SECOND_SERVER_ADDRESS);
  pair.until(() => pair.client.has('path_migration_failed'), 10_000_000);
  transfer(pair);
});

// ---- rules, each against a scripted peer

const from = SECOND_CLIENT_ADDRESS;
const challenge: Frame = { type: 'path_challenge', data: utf8('12345678') };

function challenges(peer: ScriptedPeer) {
  return peer.seen.filter(({ frame }) => frame.type === 'path_challenge');
}

test('RFC 9000 §9.5: what is sent to another address goes to another connection ID', () => {
  const peer = new ScriptedPeer('server').establish();
  peer.write([peer.newConnectionId(0, 1)]);
  peer.datagrams.length = 0;
  assert.equal(peer.connection.migratePath(0, from, SERVER_ADDRESS, peer.now), true);
  peer.pump();
  const [asked] = challenges(peer);
  assert.deepEqual([asked?.local, asked?.datagramLength], [from, 1200]);
  const destination = peer.datagrams[0]?.slice(1, 9);
  assert.deepEqual(destination, peer.ownIds.get('0/1'));
});

test('RFC 9000 §9.5: without a connection ID to spare a client stays', () => {
  const peer = new ScriptedPeer('server').establish();
  assert.equal(peer.connection.migratePath(0, from, SERVER_ADDRESS, peer.now), false);
  peer.wantIdle('nothing is asked');
});

test('RFC 9000 §5.1.2: after a move the connection ID used before is retired', () => {
  const peer = new ScriptedPeer('server').establish();
  peer.write([peer.newConnectionId(0, 1)]);
  peer.connection.migratePath(0, from, SERVER_ADDRESS, peer.now);
  peer.pump();
  const frame = challenges(peer)[0]?.frame;
  assert.ok(frame?.type === 'path_challenge');
  peer.write([{ type: 'path_response', data: frame.data }], { to: from });
  assert.deepEqual(peer.connection.paths()[0]?.local, from);
  assert.equal(peer.wantFrame('retired', 'path_retire_connection_id').sequenceNumber, 0);
});

test('RFC 9000 §9.3.2: the connection ID of a move that failed is retired', () => {
  const peer = new ScriptedPeer('server').establish();
  peer.write([peer.newConnectionId(0, 1)]);
  peer.connection.migratePath(0, from, SERVER_ADDRESS, peer.now);
  peer.advance(4_000_000);
  assert.ok(peer.events.some(({ type }) => type === 'path_migration_failed'));
  assert.equal(peer.wantFrame('retired', 'path_retire_connection_id').sequenceNumber, 1);
});

test('RFC 9000 §8.2.1: a challenge to a new address is repeated, and with other octets', () => {
  const peer = new ScriptedPeer('server').establish();
  peer.write([peer.newConnectionId(0, 1)]);
  peer.connection.migratePath(0, from, SERVER_ADDRESS, peer.now);
  peer.advance(2_500_000);
  const data = challenges(peer).map(({ frame }) => frame.type === 'path_challenge' && frame.data);
  assert.equal(data.length, 3);
  assert.notDeepEqual(data[0], data[1]);
});

test('RFC 9000 §9.6.2: a client that moved still takes what its server sent from its first address', () => {
  const statelessResetToken = new Uint8Array(16).fill(9);
  const connectionId = new Uint8Array(8).fill(7);
  const preferredAddress = {
    ipv4: SECOND_SERVER_ADDRESS,
    ipv6: undefined,
    connectionId,
    statelessResetToken,
  };
  const peer = new ScriptedPeer('server', { parameters: { preferredAddress } });
  peer.ownIds.set('0/1', connectionId);
  peer.establish();
  peer.connection.migratePath(0, from, SECOND_SERVER_ADDRESS, peer.now);
  peer.pump();
  const frame = challenges(peer)[0]?.frame;
  assert.ok(frame?.type === 'path_challenge');
  const there = { from: SECOND_SERVER_ADDRESS, to: from };
  peer.write([{ type: 'path_response', data: frame.data }], there);
  assert.deepEqual(peer.connection.paths()[0]?.remote, SECOND_SERVER_ADDRESS);
  peer.seen.length = 0;
  peer.write([challenge], { padTo: 1200 });
  const answer = peer.wantSeen('an answer to the first address', 'path_response');
  assert.deepEqual([answer.local, answer.remote], [CLIENT_ADDRESS, SERVER_ADDRESS]);
  assert.equal(peer.dropped('unexpected_address'), 0);
});

test('RFC 9000 §9.6.2: a server asks towards a client that probes its preferred address', () => {
  const peer = new ScriptedPeer('client', { server: PREFERRED }).establish();
  peer.write([challenge], { to: SECOND_SERVER_ADDRESS, padTo: 1200 });
  const answered = peer.seen.find(({ frame }) => frame.type === 'path_response');
  assert.deepEqual(answered?.local, SECOND_SERVER_ADDRESS);
  assert.deepEqual(challenges(peer)[0]?.local, SECOND_SERVER_ADDRESS);
  assert.deepEqual(peer.connection.paths()[0]?.local, SERVER_ADDRESS, 'it does not move');
});

test('RFC 9000 §9.6.2: a server stays at its address until the preferred one is validated and used', () => {
  const peer = new ScriptedPeer('client', { server: PREFERRED }).establish();
  peer.write([{ type: 'ping' }], { to: SECOND_SERVER_ADDRESS });
  assert.deepEqual(peer.connection.paths()[0]?.local, SERVER_ADDRESS, 'used, and not validated');
  const asked = challenges(peer).find(({ local }) => local?.host === SECOND_SERVER_ADDRESS.host);
  assert.ok(asked?.frame.type === 'path_challenge');
  const response: Frame = { type: 'path_response', data: asked.frame.data };
  peer.write([response], { to: SECOND_SERVER_ADDRESS, padTo: 1200 });
  assert.deepEqual(peer.connection.paths()[0]?.local, SECOND_SERVER_ADDRESS);
});

test('RFC 9000 §9.5: a client that asks and moves at once gets packets to one new connection ID', () => {
  const peer = new ScriptedPeer('client').establish();
  peer.write([peer.newConnectionId(0, 1)]);
  peer.destinationSequence.set(0, 1);
  peer.write([challenge], { from, padTo: 1200 });
  peer.write([{ type: 'ping' }], { from, padTo: 600 });
  assert.deepEqual(peer.connection.paths()[0]?.remote, from);
  peer.wantNo('the old address may be the right one', 'path_retire_connection_id');
  const there = peer.seen.filter(({ remote }) => remote?.host === from.host);
  assert.ok(there.length >= 2);
  for (const { destination } of there) {
    assert.equal(destination, toHex(peer.ownIds.get('0/1') as Uint8Array));
  }
  const asked = there.findLast(({ frame }) => frame.type === 'path_challenge');
  assert.ok(asked?.frame.type === 'path_challenge');
  peer.write([{ type: 'path_response', data: asked.frame.data }], { from, padTo: 1200 });
  assert.equal(peer.wantFrame('validated', 'path_retire_connection_id').sequenceNumber, 0);
});

test('RFC 9000 §8.1: a server sends no more than three times as much to an address that only probed', () => {
  const peer = new ScriptedPeer('client', { server: PREFERRED }).establish();
  peer.write([challenge], { from, padTo: 100 });
  peer.advance(3_500_000);
  const sent = new Map(
    peer.seen
      .filter(({ remote }) => remote?.host === from.host && remote.port === from.port)
      .map(({ packetNumber, datagramLength }) => [packetNumber, datagramLength]),
  );
  let octets = 0;
  for (const length of sent.values()) octets += length;
  assert.ok(
    octets <= 600,
    `${octets} octets: three times for the answer, three times for the question`,
  );
});

test('RFC 9000 §13.4.2: after a move it is found out anew whether marks get through', () => {
  for (const [clearsEcn, verdict] of [
    [false, 'capable'],
    [true, 'failed'],
  ] as const) {
    const pair = settle(established({ secondLink: { delay: 10_000, clearsEcn } }));
    transfer(pair);
    const ends = [pair.client.connection, pair.server.connection];
    assert.deepEqual(
      ends.map((end) => end.paths()[0]?.ecn),
      ['capable', 'capable'],
    );
    migrate(pair);
    pair.until(() => pair.client.has('path_migrated') && pair.server.has('path_migrated'));
    for (let i = 0; i < 3; i++) transfer(pair);
    assert.equal(pair.client.connection.paths()[0]?.ecn, verdict);
  }
});
