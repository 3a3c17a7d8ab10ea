import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from '@mpquic/wire';
import { weightedRoundRobinScheduler } from '../src/paths/scheduler.ts';
import { CLIENT_ADDRESS, Pair, SECOND_CLIENT_ADDRESS, SERVER_ADDRESS } from './connection-pair.ts';
import { ScriptedPeer } from './scripted-peer.ts';

const DATA = new Uint8Array(300_000).map((_, i) => i);

/** Queues {@link DATA} on a new stream of the client. */
function send(pair: Pair): number {
  const streamId = pair.client.connection.openStream('bidi');
  assert.ok(streamId !== undefined);
  assert.equal(pair.client.connection.writeStream(streamId, DATA, true), DATA.length);
  return streamId;
}

function arrived(pair: Pair, streamId: number, limit = 10_000_000): void {
  pair.until(() => pair.server.finished.has(streamId), limit, 'the transfer');
  assert.deepEqual(pair.server.content(streamId), DATA);
}

test('a second path is opened and validated, and both carry data', () => {
  const pair = new Pair().establish();
  assert.equal(pair.openSecondPath(), 1);
  arrived(pair, send(pair));
  const paths = pair.client.connection.paths();
  assert.equal(paths.length, 2);
  for (const path of paths)
    assert.ok(path.bytesSent > 10_000, `path ${path.id}: ${path.bytesSent}`);
});

test('data flows on when a path dies in silence', () => {
  const pair = new Pair({ link: { delay: 10_000, rate: 40e6 } }).establish();
  pair.openSecondPath();
  const { client, server, simulation } = pair;
  const id = send(pair);
  pair.until(() => server.octets(id) > 50_000);
  pair.secondWire.forth.set({ blackhole: true });
  pair.secondWire.back.set({ blackhole: true });
  const cut = simulation.now;
  arrived(pair, id);
  assert.ok(simulation.now - cut < 400_000, `took ${simulation.now - cut} us`);
  assert.deepEqual(client.all('path_suspect'), [
    { type: 'path_suspect', pathId: 1, suspect: true },
  ]);
});

test('a path that stays dead is abandoned over the other one', () => {
  const pair = new Pair().establish();
  pair.openSecondPath();
  const { client, server, simulation } = pair;
  pair.secondWire.forth.set({ blackhole: true });
  pair.secondWire.back.set({ blackhole: true });
  client.connection.ping(simulation.now, 1);
  const gone = (): boolean => client.has('path_closed') && server.has('path_closed');
  pair.until(gone, 20_000_000, 'PATH_ABANDON');
  const code = 0x3e76;
  assert.deepEqual(client.all('path_closed')[0], {
    type: 'path_closed',
    pathId: 1,
    by: 'local',
    code,
  });
  assert.deepEqual(server.all('path_closed')[0], {
    type: 'path_closed',
    pathId: 1,
    by: 'peer',
    code,
  });
  arrived(pair, send(pair));
});

test('data in flight on a path that is abandoned arrives by the other', () => {
  const pair = new Pair().establish();
  pair.openSecondPath();
  const { client, server, simulation } = pair;
  const id = send(pair);
  pair.until(() => server.octets(id) > 50_000);
  client.connection.closePath(0, 0x3e, simulation.now);
  arrived(pair, id);
  simulation.runFor(2_000_000);
  assert.deepEqual(
    server.connection.paths().map((path) => path.id),
    [1],
  );
});

test('a server abandons a path too', () => {
  const pair = new Pair().establish();
  pair.openSecondPath();
  const { client, server, simulation } = pair;
  server.connection.closePath(1, 0x3e75, simulation.now);
  pair.until(() => client.has('path_closed'));
  assert.equal(client.all('path_closed')[0]?.by, 'peer');
  arrived(pair, send(pair));
});

test('the only path cannot be closed, unknown ones neither', () => {
  const pair = new Pair().establish();
  const { client, simulation } = pair;
  assert.throws(() => client.connection.closePath(0, 0, simulation.now), UsageError);
  assert.throws(() => client.connection.closePath(7, 0, simulation.now), UsageError);
});

test('paths are opened and closed many times, each with a new ID', () => {
  const pair = new Pair().establish();
  const { client, server, simulation } = pair;
  for (let round = 1; round <= 20; round++) {
    assert.equal(pair.openSecondPath(), round);
    client.connection.closePath(round, 0, simulation.now);
    pair.until(() => server.all('path_closed').length === round);
  }
  simulation.runFor(5_000_000);
  assert.equal(client.connection.paths().length, 1);
  assert.equal(server.connection.paths().length, 1);
  arrived(pair, send(pair));
});

test('beyond the limit of path IDs the peer is told, and a closed path makes room', () => {
  const pair = new Pair({ client: { initialMaxPathId: 1 }, server: { initialMaxPathId: 1 } });
  pair.establish();
  const { client, server, simulation } = pair;
  pair.openSecondPath();
  const open = () =>
    client.connection.openPath(SECOND_CLIENT_ADDRESS, SERVER_ADDRESS, simulation.now);
  assert.equal(open(), undefined);
  assert.equal(open(), undefined);
  simulation.runFor(200_000);
  const before = client.all('path_available').length;
  server.connection.closePath(1, 0, simulation.now);
  pair.until(() => client.all('path_available').length > before);
  assert.equal(open(), 2);
  pair.until(() => server.all('path_validated').some((event) => event.pathId === 2));
});

test('a path that nothing passes is given up, its ID used up, the connection unharmed', () => {
  const pair = new Pair({ secondLink: { blackhole: true } }).establish();
  const { client, server, simulation } = pair;
  simulation.runFor(100_000);
  const id = client.connection.openPath(SECOND_CLIENT_ADDRESS, SERVER_ADDRESS, simulation.now);
  assert.equal(id, 1);
  const stream = send(pair);
  pair.until(() => client.has('path_closed'), 20_000_000, 'the end of validation');
  arrived(pair, stream);
  assert.equal(server.has('path_opened'), false);
  pair.secondWire.forth.set({ blackhole: false, delay: 10_000 });
  pair.secondWire.back.set({ blackhole: false, delay: 10_000 });
  assert.equal(pair.openSecondPath(), 2);
});

test('a local address that goes takes its path with it', () => {
  const pair = new Pair().establish();
  pair.openSecondPath();
  const { client, server, simulation } = pair;
  const id = send(pair);
  simulation.runFor(15_000);
  client.connection.localAddressLost(CLIENT_ADDRESS, simulation.now);
  pair.wire.forth.set({ blackhole: true });
  pair.wire.back.set({ blackhole: true });
  arrived(pair, id);
  assert.equal(server.all('path_closed')[0]?.pathId, 0);
  client.connection.localAddressLost(SECOND_CLIENT_ADDRESS, simulation.now);
  assert.equal(client.all('closing').length, 0);
  pair.until(() => client.has('closing'));
  assert.equal(client.all('closing')[0]?.reason.code, 0x10, 'no viable path');
});

test('a backup path carries data only when nothing else does', () => {
  const pair = new Pair().establish();
  pair.openSecondPath();
  const { client, server, simulation } = pair;
  server.connection.setPathStatus(1, 'backup', simulation.now);
  pair.until(() => client.has('path_status'));
  const sentOn = (id: number): number =>
    client.connection.paths().find((path) => path.id === id)?.bytesSent ?? 0;
  const before = sentOn(1);
  arrived(pair, send(pair));
  assert.ok(sentOn(1) - before < 5_000, `${sentOn(1) - before} octets on the backup`);
  pair.wire.forth.set({ blackhole: true });
  pair.wire.back.set({ blackhole: true });
  arrived(pair, send(pair));
  assert.ok(sentOn(1) - before > DATA.length);
});

test('weights divide what is sent, while windows have room', () => {
  const scheduler = weightedRoundRobinScheduler({ 0: 3, 1: 1 });
  const pair = new Pair({ client: { scheduler } }).establish();
  pair.openSecondPath();
  const { client, server, simulation } = pair;
  const streamId = client.connection.openStream('uni') ?? -1;
  const piece = new Uint8Array(8_000);
  for (let i = 0; i < 100; i++) {
    client.connection.writeStream(streamId, piece, false);
    simulation.runFor(30_000);
  }
  assert.equal(server.octets(streamId), 800_000);
  const [first, second] = client.connection.paths();
  assert.ok(first && second);
  const share = first.bytesSent / (first.bytesSent + second.bytesSent);
  assert.ok(share > 0.7 && share < 0.8, `${share}`);
});

test('packets are acknowledged on the path that they came by', () => {
  const pair = new Pair({ secondLink: { delay: 100_000 } }).establish();
  pair.openSecondPath();
  const { client, simulation } = pair;
  for (let i = 0; i < 10; i++) {
    client.connection.ping(simulation.now, 1);
    simulation.runFor(300_000);
  }
  const [first, second] = client.connection.paths();
  assert.ok(first && second);
  assert.ok(second.smoothedRtt >= 200_000 && second.smoothedRtt < 230_000, `${second.smoothedRtt}`);
  assert.ok(first.smoothedRtt < 50_000, `${first.smoothedRtt}`);
});

test('datagrams are bound to a path, or take any', () => {
  const pair = new Pair().establish();
  pair.openSecondPath();
  const { client, server, simulation } = pair;
  const sent = new Map<number, string>();
  client.onEvent = (_connection, event) => {
    if (event.type !== 'datagram_status') return;
    for (let i = 0; i < event.count; i++) sent.set(event.datagramId + i, event.status);
  };
  const before = client.connection.paths()[1]?.bytesSent ?? 0;
  for (let i = 0; i < 20; i++) client.connection.sendDatagram(new Uint8Array(1000), 1);
  client.connection.sendDatagram(new Uint8Array(10));
  simulation.runFor(200_000);
  assert.equal(server.all('datagram').length, 21);
  assert.deepEqual([...new Set(sent.values())], ['acknowledged']);
  assert.equal(sent.size, 21);
  assert.ok((client.connection.paths()[1]?.bytesSent ?? 0) - before > 20_000);
  assert.equal(client.connection.sendDatagram(new Uint8Array(5000)), undefined, 'too large');
  assert.equal(client.connection.sendDatagram(new Uint8Array(5), 9), undefined, 'no such path');
});

test('datagrams bound to a path that is closed are reported abandoned', () => {
  const pair = new Pair().establish();
  pair.openSecondPath();
  const { client, simulation } = pair;
  const ids = [1, 2, 3].map(() => client.connection.sendDatagram(new Uint8Array(100), 1));
  client.connection.closePath(1, 0, simulation.now);
  simulation.runFor(1_000_000);
  assert.deepEqual(
    client.all('datagram_status').map(({ datagramId, status }) => [datagramId, status]),
    ids.map((id) => [id, 'abandoned']),
  );
});

test('the oldest datagrams go when too many wait', () => {
  const pair = new Pair({ client: { datagramSendQueueLimit: 5 } }).establish();
  const { client, server, simulation } = pair;
  for (let i = 0; i < 12; i++) client.connection.sendDatagram(new Uint8Array([i]));
  simulation.runFor(200_000);
  assert.deepEqual(
    server.all('datagram').map(({ data }) => data[0]),
    [7, 8, 9, 10, 11],
  );
  assert.equal(client.connection.stats().datagramsDropped, 7);
});

test('a receiver that does not keep up loses the oldest datagrams', () => {
  const peer = new ScriptedPeer('client', { server: { datagramReceiveQueueLimit: 3 } }).establish();
  for (let i = 0; i < 10; i++) {
    const source = new Uint8Array([i]);
    const frame = { type: 'datagram', source, dataStart: 0, dataEnd: 1 } as const;
    const payload = peer.packet([frame]);
    const { peerAddress: remote, testedAddress: local } = peer;
    peer.connection.receiveDatagram({ local, remote, payload }, peer.now);
  }
  peer.pump();
  const datagrams = peer.events.filter((event) => event.type === 'datagram');
  assert.deepEqual(
    datagrams.map(({ data }) => data[0]),
    [7, 8, 9],
  );
  assert.equal(peer.connection.stats().datagramsDropped, 7);
});

test('without multipath on either side there is one path', () => {
  for (const options of [
    { client: { initialMaxPathId: undefined } },
    { server: { initialMaxPathId: undefined } },
  ]) {
    const pair = new Pair(options).establish();
    const { client, server, simulation } = pair;
    assert.equal(client.connection.multipath, false);
    assert.equal(server.connection.multipath, false);
    const { now } = simulation;
    assert.throws(
      () => client.connection.openPath(SECOND_CLIENT_ADDRESS, SERVER_ADDRESS, now),
      UsageError,
    );
    assert.throws(() => client.connection.setPathStatus(0, 'backup', now), UsageError);
    arrived(pair, send(pair));
  }
});

test('only clients open paths, and only after the handshake is confirmed', () => {
  const pair = new Pair();
  const open = (side: 'client' | 'server') => () =>
    pair[side].connection.openPath(SECOND_CLIENT_ADDRESS, SERVER_ADDRESS, pair.simulation.now);
  assert.throws(open('client'), UsageError);
  pair.establish();
  assert.throws(open('server'), UsageError);
});

test('paths and streams start together: nothing is stuck', () => {
  for (let seed = 1; seed <= 5; seed++) {
    const link = { delay: 15_000, loss: 0.05, reordering: 0.1 };
    const pair = new Pair({ seed, link }).establish();
    const { client, server, simulation } = pair;
    const ids = [send(pair), send(pair)];
    const open = () =>
      client.connection.openPath(SECOND_CLIENT_ADDRESS, SERVER_ADDRESS, simulation.now);
    client.onEvent = (_connection, event) => {
      if (event.type === 'path_available') open();
    };
    open();
    for (const id of ids) arrived(pair, id, 30_000_000);
    pair.until(() => server.has('path_validated'), 5_000_000, `the path (seed ${seed})`);
  }
});

test('two paths that lose 12 % of all packets carry a stream without a stall', () => {
  for (let seed = 1; seed <= 3; seed++) {
    const link = { delay: 20_000, loss: 0.12 };
    const pair = new Pair({ seed, link }).establish();
    pair.openSecondPath();
    arrived(pair, send(pair), 30_000_000);
  }
});

test('MP-21 §2.1: initial_max_path_id 0 of the peer leaves multipath on, without a path to open', () => {
  const peer = new ScriptedPeer('server', { parameters: { initialMaxPathId: 0 } }).establish();
  assert.equal(peer.connection.multipath, true);
  const open = () => peer.connection.openPath(SECOND_CLIENT_ADDRESS, SERVER_ADDRESS, peer.now);
  assert.equal(open(), undefined);
  assert.equal(peer.wantFrame('told', 'paths_blocked').maximum, 0);
  peer.write([{ type: 'max_path_id', maximum: 1 }, peer.newConnectionId(1, 0)]);
  peer.acknowledgeAll();
  assert.ok(peer.events.some((event) => event.type === 'path_available'));
  assert.equal(open(), 1);
  assert.equal(peer.wantSeen('opened', 'path_challenge').pathId, 1);
});

test('MP-21 §4.7: without connection IDs for the next path the peer is told, once', () => {
  const peer = new ScriptedPeer('server').establish();
  const open = () => peer.connection.openPath(SECOND_CLIENT_ADDRESS, SERVER_ADDRESS, peer.now);
  assert.equal(open(), undefined);
  const frame = peer.wantFrame('told', 'path_cids_blocked');
  assert.deepEqual(frame, { type: 'path_cids_blocked', pathId: 1, nextSequenceNumber: 0 });
  assert.equal(open(), undefined);
  peer.wantNo('once', 'path_cids_blocked');
});

test('MP-21 §3.1: a client opens a path only when its own connection IDs for it arrived', () => {
  const peer = new ScriptedPeer('server');
  peer.pump();
  peer.handshakeStep();
  peer.write([{ type: 'handshake_done' }, peer.newConnectionId(1, 0)]);
  const open = () => peer.connection.openPath(SECOND_CLIENT_ADDRESS, SERVER_ADDRESS, peer.now);
  assert.equal(open(), undefined, 'nothing is acknowledged yet');
  peer.acknowledgeAll();
  assert.equal(open(), 1);
});
