import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeCryptoProvider } from '@mpquic/crypto';
import { TransportErrorCode } from '@mpquic/quic';
import { UsageError } from '@mpquic/wire';
import { IncomingDatagrams, OutgoingDatagrams } from '../src/datagram-queues.ts';
import { createNgtcp2ConnectionSet } from '../src/index.ts';
import { CLIENT, EnginePair, notBuilt, PSK, SERVER } from './engine-pair.ts';

const CONFIG = { crypto: nodeCryptoProvider, alpn: ['test'] };

test('datagrams to send: beyond the limit the oldest gives way, and is lost', () => {
  const lost: number[] = [];
  const queue = new OutgoingDatagrams(3, (id) => lost.push(id));
  const ids = [1, 2, 3, 4, 5].map((value) => queue.push(Uint8Array.of(value)));
  assert.deepEqual(ids, [1, 2, 3, 4, 5]);
  assert.deepEqual(lost, [1, 2]);
  assert.equal(queue.first?.id, 3);
});

test('datagrams that came: beyond the limit the oldest gives way, and is counted', () => {
  const queue = new IncomingDatagrams(2);
  for (let i = 0; i < 5; i++) queue.push(Uint8Array.of(i));
  assert.deepEqual(
    [queue.shift(), queue.shift(), queue.shift()],
    [Uint8Array.of(3), Uint8Array.of(4), undefined],
  );
  assert.equal(queue.dropped, 3);
});

test('a stream takes no more than its limit until some of it is sent', { skip: notBuilt }, () => {
  const clientConfig = { streamSendBufferLimit: 10_000 };
  const pair = new EnginePair({ client: 'ngtcp2', clientConfig }).establish();
  const { connection } = pair.client;
  connection.openStream('bidi');
  assert.equal(connection.writeStream(0, new Uint8Array(25_000), true), 10_000);
  assert.equal(connection.writeStream(0, new Uint8Array(1), false), 0);
  pair.until(() => pair.client.has('stream_writable'), 'room');
  assert.equal(connection.writeStream(0, new Uint8Array(10_000), true), 10_000);
  pair.until(() => pair.server.finished.has(0), 'the end');
  assert.equal(pair.server.content(0).length, 20_000);
});

test('clients beyond the limit of connections are refused', { skip: notBuilt }, () => {
  const set = createNgtcp2ConnectionSet({ connectionLimit: 0 });
  const full = new EnginePair({ client: 'ours', server: set }).until(
    () => set.dropped['too_many_connections'] === 1,
    'the refusal',
  );
  full.until(() => full.client.has('closed'), 'the end');
  const [closed] = full.client.all('closed');
  assert.deepEqual(
    [closed?.reason.by, closed?.reason.code],
    ['peer', TransportErrorCode.CONNECTION_REFUSED],
  );
});

test('what the engine cannot do is refused by name', { skip: notBuilt }, () => {
  const set = createNgtcp2ConnectionSet();
  const client = { ...CONFIG, psks: [PSK], local: CLIENT, remote: SERVER };
  const refused: readonly [() => unknown, RegExp][] = [
    [() => createNgtcp2ConnectionSet({ serverId: 1 }), /workers/],
    [() => set.connect({ ...client, versions: ['v2'] }, 0), /version 1/],
    [() => set.connect({ ...client, earlyData: true }, 0), /0-RTT/],
    [() => set.connect({ ...client, observer: {} }, 0), /qlog/],
    [() => set.connect({ ...client, token: new Uint8Array(5000) }, 0), /token/],
    [() => set.connect({ ...client, psks: [] }, 0), /a PSK, or a trust anchor/],
    [() => set.listen({ ...CONFIG, preferredAddress: { ipv4: SERVER } }), /preferred address/],
    [() => set.listen({ ...CONFIG, groups: [] }), /no key exchange group/],
  ];
  for (const [call, message] of refused) {
    assert.throws(call, (error) => error instanceof UsageError && message.test(error.message));
  }
  assert.equal(set.size, 0);
});

test('one path: what needs more is refused', { skip: notBuilt }, () => {
  const { connection } = new EnginePair({ client: 'ngtcp2' }).establish().client;
  assert.equal(connection.multipath, false);
  for (const call of [
    () => connection.openPath(CLIENT, SERVER, 0),
    () => connection.closePath(0, 0, 0),
    () => connection.setPathStatus(0, 'backup', 0),
    () => connection.migratePath(1, CLIENT, SERVER, 0),
  ]) {
    assert.throws(call, UsageError);
  }
});
