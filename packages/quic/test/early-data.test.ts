/** 0-RTT between two connections. RFC 9001 §4.6, RFC 9000 §7.4.1 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '@mpquic/wire';
import type { ServerConfig } from '../src/index.ts';
import { type Pair, type PairOptions, PSK } from './connection-pair.ts';
import { ResumptionScene } from './resumption-scene.ts';

const data = utf8('early bird');
const long: Uint8Array = new Uint8Array(1_000).map((_, i) => i % 251);

/** Runs until the stream arrived whole. */
function arrives(pair: Pair, streamId: number | undefined, content: Uint8Array = data): void {
  assert.ok(streamId !== undefined, 'a stream before the handshake');
  pair.until(() => pair.server.finished.has(streamId) && pair.client.has('handshake_confirmed'));
  assert.deepEqual(pair.server.content(streamId), content);
}

/** Position of the first event of a type at the server. */
function order(pair: Pair, type: string): number {
  return pair.server.events.findIndex((event) => event.type === type);
}

test('0-RTT data reach the server with the first flight', () => {
  const scene = new ResumptionScene();
  const { pair, streamId } = scene.again(scene.session(), data, { link: { delay: 50_000 } });
  pair.until(() => pair.server.finished.has(streamId as number), 60_000, 'half a round trip');
  assert.ok(
    order(pair, 'stream_readable') < order(pair, 'handshake_complete') ||
      !pair.server.has('handshake_complete'),
  );
  assert.equal(pair.server.connection.earlyData, 'accepted');
  arrives(pair, streamId);
  assert.equal(pair.client.connection.earlyData, 'accepted');
  assert.equal(pair.client.connection.stats().packetsLost, 0);
});

test('a server answers 0-RTT data before the handshake is complete', () => {
  const scene = new ResumptionScene();
  const { pair, streamId } = scene.again(scene.session(), data, { link: { delay: 50_000 } });
  pair.server.onEvent = (connection, event) => {
    if (event.type === 'stream_readable')
      connection.writeStream(event.streamId, utf8('so soon'), true);
  };
  pair.until(() => pair.client.finished.has(streamId as number), 110_000, 'one round trip');
});

test('it is off: a client sends nothing early unless told to, a server takes nothing', () => {
  const scene = new ResumptionScene();
  const session = scene.session();
  const silent = scene.again(session, data, { client: { earlyData: false } });
  assert.equal(silent.streamId, undefined);
  silent.pair.establish();
  assert.equal(silent.pair.client.connection.earlyData, 'none');
  assert.equal(silent.pair.client.connection.handshake?.resumed, true);

  const plain = new ResumptionScene();
  const tickets = { server: { earlyData: undefined } } as unknown as PairOptions;
  const none = plain.again(plain.session(tickets), data, tickets);
  assert.equal(none.streamId, undefined, 'its tickets do not allow it');
  none.pair.establish();
  assert.equal(none.pair.client.connection.earlyData, 'none');
});

test('never with an external PSK', () => {
  const scene = new ResumptionScene();
  const pair = scene.pair({ client: { psks: [PSK], earlyData: true } });
  assert.equal(pair.client.connection.openStream('bidi'), undefined);
  pair.establish();
  assert.equal(pair.client.connection.earlyData, 'none');
  assert.equal(pair.client.has('session_ticket'), false);
});

test('RFC 9001 §4.6.2: rejected data arrive in 1-RTT packets, once', () => {
  const scene = new ResumptionScene();
  const session = scene.session();
  const off = { server: { earlyData: undefined } } as unknown as PairOptions;
  const { pair, streamId } = scene.again(session, data, off);
  arrives(pair, streamId);
  assert.equal(pair.client.connection.earlyData, 'rejected');
  assert.equal(pair.client.connection.handshake?.resumed, true);
  assert.ok((pair.server.connection.stats().packetsDropped['early_data_refused'] ?? 0) > 0);
});

test('RFC 9846 §8: a ticket that comes a second time has its 0-RTT rejected', () => {
  const scene = new ResumptionScene();
  const session = scene.session();
  arrives(...values(scene.again(session, data)));
  const second = scene.again(session, data);
  arrives(...values(second));
  assert.equal(second.pair.client.connection.earlyData, 'rejected');
});

test('RFC 9846 §8.3: a ClientHello that comes late has its 0-RTT rejected', () => {
  const scene = new ResumptionScene();
  const session = scene.session();
  scene.now += 60_000;
  const { pair, streamId } = scene.again(session, data);
  arrives(pair, streamId);
  assert.equal(pair.client.connection.earlyData, 'rejected');
});

test('RFC 9000 §7.4.1: 0-RTT is rejected where the server changed its limits', () => {
  const scene = new ResumptionScene();
  const session = scene.session();
  const { pair, streamId } = scene.again(session, data, { server: { initialMaxData: 5_000 } });
  arrives(pair, streamId);
  assert.equal(pair.client.connection.earlyData, 'rejected');
});

test('lower limits after a rejection hold for what was not sent', () => {
  const scene = new ResumptionScene();
  const longer = new Uint8Array(9_000).fill(7);
  const server = { initialMaxStreamData: 20_000, initialMaxData: 10_000, maxDataWindow: 10_000 };
  const { pair, streamId } = scene.again(scene.session(), longer, { server });
  arrives(pair, streamId, longer);
});

const rejected: readonly (readonly [string, Partial<ServerConfig>])[] = [
  ['a stream window', { initialMaxStreamData: 4 }],
  ['a window of the connection', { initialMaxData: 4, maxDataWindow: 4_000 }],
  ['a number of streams', { initialMaxStreamsBidi: 1 }],
  ['everything', { initialMaxStreamsBidi: 1, initialMaxStreamData: 300, initialMaxData: 200 }],
];

for (const [what, server] of rejected) {
  test(`RFC 9001 §4.6.2: ${what} below what was sent before the rejection: it is sent as allowed`, () => {
    const scene = new ResumptionScene();
    const { pair, streamId } = scene.again(scene.session(), long, { server });
    const { connection } = pair.client;
    const ids = [streamId as number];
    for (let i = 0; i < 4; i++) ids.push(connection.openStream('bidi') as number);
    for (const id of ids.slice(1)) connection.writeStream(id, long, true);
    pair.server.onEvent = (one, event) => {
      if (event.type === 'stream_opened') one.writeStream(event.streamId, data, true);
    };
    pair.until(() => ids.every((id) => pair.server.finished.has(id)), 10_000_000);
    assert.equal(connection.earlyData, 'rejected');
    for (const id of ids) assert.deepEqual(pair.server.content(id), long);
  });
}

test('RFC 9000 §4.6: of a stream that is not allowed any more nothing is sent, but that it waits', () => {
  const scene = new ResumptionScene();
  const server = { initialMaxStreamsBidi: 0 };
  const { pair, streamId } = scene.again(scene.session(), data, { server });
  const { connection } = pair.client;
  const second = connection.openStream('bidi') as number;
  connection.resetStream(second, 7);
  connection.stopSending(second, 8);
  pair.until(() => pair.client.has('handshake_confirmed'));
  connection.writeStream(connection.openStream('uni') as number, data, true);
  pair.until(() => pair.server.finished.has(2));
  assert.equal(connection.openStream('bidi'), undefined);
  assert.equal(pair.server.finished.has(streamId as number), false);
  assert.equal(pair.server.has('closing') || pair.client.has('closing'), false);
});

test('RFC 9000 §4.5: a stream that was reset before the rejection has a final size within the limits', () => {
  const scene = new ResumptionScene();
  const server = { initialMaxStreamData: 2, initialMaxData: 3 };
  const { pair, streamId } = scene.again(scene.session(), data, { server, link: { delay: 5_000 } });
  pair.until(() => pair.client.connection.stats().packetsSent > 1);
  pair.client.connection.resetStream(streamId as number, 9);
  pair.until(() => pair.server.has('stream_reset'));
  assert.equal(pair.client.connection.earlyData, 'rejected');
  assert.equal(pair.server.has('closing') || pair.client.has('closing'), false);
});

test('RFC 9221 §3: a datagram that the new limit does not allow is dropped, and that is told', () => {
  const scene = new ResumptionScene();
  const session = scene.session();
  const server = { maxDatagramFrameSize: 100 };
  const pair = scene.pair({ client: { session, earlyData: true }, server });
  for (let i = 0; i < 40; i++) pair.client.connection.sendDatagram(new Uint8Array(1000));
  pair.until(() => pair.client.all('datagram_status').length === 40);
  assert.equal(pair.client.connection.earlyData, 'rejected');
  assert.equal(pair.server.has('closing'), false);
});

test('an application that changed its settings rejects 0-RTT', () => {
  const scene = new ResumptionScene();
  const firstUse = (): boolean => true;
  const session = scene.session({ server: { earlyData: { firstUse, settings: utf8('a') } } });
  const same = scene.again(session, data, {
    server: { earlyData: { firstUse, settings: utf8('a') } },
  });
  arrives(...values(same));
  assert.equal(same.pair.client.connection.earlyData, 'accepted');
  const other = scene.again(session, data, {
    server: { earlyData: { firstUse, settings: utf8('b') } },
  });
  arrives(...values(other));
  assert.equal(other.pair.client.connection.earlyData, 'rejected');
});

test('RFC 9001 §4.6.2: after Retry the data go again as 0-RTT', () => {
  const scene = new ResumptionScene();
  const { pair, streamId } = scene.again(scene.session(), data, { server: { retry: true } });
  arrives(pair, streamId);
  assert.equal(pair.client.connection.earlyData, 'accepted');
});

test('DATAGRAM frames go as 0-RTT data too, by the remembered limit', () => {
  const scene = new ResumptionScene();
  const pair = scene.pair({ client: { session: scene.session(), earlyData: true } });
  assert.ok(pair.client.connection.maxDatagramSize > 1000);
  pair.client.connection.sendDatagram(utf8('fire and forget'));
  pair.until(() => pair.server.has('datagram'));
  assert.ok(
    order(pair, 'datagram') < order(pair, 'handshake_complete') ||
      !pair.server.has('handshake_complete'),
  );
});

test('0-RTT comes through loss, reordering and duplication', () => {
  const scene = new ResumptionScene();
  const many = new Uint8Array(12_000).map((_, i) => i % 251);
  for (let seed = 1; seed <= 12; seed++) {
    const session = scene.session();
    const link = { delay: 10_000, loss: 0.2, reordering: 0.3, duplication: 0.2 };
    const { pair, streamId } = scene.again(session, many, { seed, link });
    assert.ok(streamId !== undefined);
    pair.until(() => pair.server.finished.has(streamId), 60_000_000, `seed ${seed}`);
    assert.deepEqual(pair.server.content(streamId), many, `seed ${seed}`);
  }
});

test('RFC 9369 §5: a session of one version of QUIC is not resumed in another', () => {
  const scene = new ResumptionScene();
  const session = scene.session();
  const { pair, streamId } = scene.again(session, data, { client: { versions: ['v2'] } });
  assert.equal(streamId, undefined);
  pair.establish();
  assert.equal(pair.client.connection.handshake?.resumed, false);
  const forged = scene.again({ ...session, version: 'v2' }, data, { client: { versions: ['v2'] } });
  arrives(...values(forged));
  assert.equal(forged.pair.client.connection.earlyData, 'rejected');
  assert.equal(forged.pair.client.connection.handshake?.resumed, false);
});

test('0-RTT in version 2', () => {
  const scene = new ResumptionScene();
  const v2 = { client: { versions: ['v2'] } } as const;
  const { pair, streamId } = scene.again(scene.session(v2), data, v2);
  arrives(pair, streamId);
  assert.equal(pair.client.connection.earlyData, 'accepted');
});

test('RFC 9369 §4.1: 0-RTT packets stay in the original version while the server turns to another', () => {
  const scene = new ResumptionScene();
  const session = scene.session();
  const { pair, streamId } = scene.again(session, data, {
    client: { versions: ['v1', 'v2'] },
    server: { versions: ['v2', 'v1'] },
  });
  arrives(pair, streamId);
  assert.equal(pair.client.connection.earlyData, 'accepted');
  assert.equal(pair.client.connection.version, 'v2');
});

test('RFC 9001 §4.6.2: after Version Negotiation nothing of the first attempt counts', () => {
  const scene = new ResumptionScene();
  const v2 = { client: { versions: ['v2'] } } as const;
  const session = scene.session(v2);
  const { pair, streamId } = scene.again(session, data, {
    client: { versions: ['v2', 'v1'] },
    server: { versions: ['v1'] },
  });
  arrives(pair, streamId);
  assert.equal(pair.client.connection.version, 'v1');
});

function values({
  pair,
  streamId,
}: {
  pair: Pair;
  streamId: number | undefined;
}): [Pair, number | undefined] {
  return [pair, streamId];
}
