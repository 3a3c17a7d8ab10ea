import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '@mpquic/testkit';
import { equalBytes, utf8 } from '@mpquic/wire';
import { EnginePair, notBuilt, type Side } from './engine-pair.ts';
import { ROLES } from './roles.ts';

const OCTETS = 500_000;

/** Writes `data` to a stream as fast as the connection takes it. */
function send(side: Side, streamId: number, data: Uint8Array): void {
  let offset = 0;
  const write = (): void => {
    offset += side.connection.writeStream(streamId, data.subarray(offset), true);
  };
  const before = side.onEvent;
  side.onEvent = (connection, event) => {
    before(connection, event);
    if (event.type === 'stream_writable' && event.streamId === streamId) write();
  };
  write();
}

for (const { client, server, who } of ROLES) {
  for (const loss of [0, 0.02]) {
    test(`${who}: 500 kB each way at once, ${loss * 100} % lost`, { skip: notBuilt }, () => {
      const pair = new EnginePair({ client, server, seed: 7, link: { delay: 5_000, loss } });
      pair.establish();
      pair.client.readsLent = true;
      const random = new SeededRandom(3);
      const up = random.fill(new Uint8Array(OCTETS));
      const down = random.fill(new Uint8Array(OCTETS));
      pair.client.connection.openStream('bidi');
      send(pair.client, 0, up);
      pair.until(() => pair.server.has('stream_opened'), 'the stream');
      send(pair.server, 0, down);
      const done = (side: Side): boolean => side.finished.has(0) && side.has('stream_delivered');
      pair.until(() => done(pair.client) && done(pair.server), 'both transfers', 120_000_000);
      assert.ok(equalBytes(pair.server.content(0), up));
      assert.ok(equalBytes(pair.client.content(0), down));
    });
  }

  test(`${who}: many streams, beyond what the peer allows at once`, { skip: notBuilt }, () => {
    const limits = { initialMaxStreamsUni: 3 };
    const pair = new EnginePair({ client, server, serverConfig: limits }).establish();
    let opened = 0;
    const open = (): void => {
      for (; opened < 20; opened++) {
        const id = pair.client.connection.openStream('uni');
        if (id === undefined) return;
        pair.client.connection.writeStream(id, utf8(`stream ${id}`), true);
      }
    };
    pair.client.onEvent = (_, event) => {
      if (event.type === 'streams_available') open();
    };
    open();
    assert.equal(opened, 3);
    pair.until(() => pair.server.finished.size === 20, 'all streams');
    assert.deepEqual(pair.server.content(2 + 4 * 19), utf8('stream 78'));
  });

  test(`${who}: RESET_STREAM and STOP_SENDING carry their codes`, { skip: notBuilt }, () => {
    const pair = new EnginePair({ client, server }).establish();
    const { connection } = pair.client;
    connection.openStream('bidi');
    connection.openStream('uni');
    for (const id of [0, 2]) connection.writeStream(id, utf8('begun'), false);
    pair.until(() => pair.server.all('stream_readable').length === 2, 'the streams');
    connection.resetStream(2, 77);
    connection.stopSending(0, 88);
    pair.until(() => pair.server.has('stream_reset') && pair.server.has('stream_stopped'), 'codes');
    assert.deepEqual(pair.server.all('stream_reset'), [
      { type: 'stream_reset', streamId: 2, code: 77 },
    ]);
    assert.deepEqual(pair.server.all('stream_stopped'), [
      { type: 'stream_stopped', streamId: 0, code: 88 },
    ]);
  });

  test(`${who}: datagrams both ways, each with its status`, { skip: notBuilt }, () => {
    const pair = new EnginePair({ client, server }).establish();
    const ids = [pair.client, pair.server].map(({ connection }) =>
      [1, 2, 3].map((value) => connection.sendDatagram(new Uint8Array(500).fill(value))),
    );
    assert.deepEqual(ids, [
      [1, 2, 3],
      [1, 2, 3],
    ]);
    pair.until(
      () => [pair.client, pair.server].every((side) => side.all('datagram_status').length === 3),
      'the statuses',
    );
    for (const side of [pair.client, pair.server]) {
      assert.deepEqual(
        side.datagrams.map((data) => [data.length, data[0]]),
        [
          [500, 1],
          [500, 2],
          [500, 3],
        ],
      );
      assert.ok(side.all('datagram_status').every(({ status }) => status === 'acknowledged'));
      const { maxDatagramSize } = side.connection;
      assert.equal(side.connection.sendDatagram(new Uint8Array(maxDatagramSize + 1)), undefined);
      assert.notEqual(side.connection.sendDatagram(new Uint8Array(maxDatagramSize)), undefined);
    }
    const largest = (side: Side): boolean => side.datagrams.length === 4;
    pair.until(() => largest(pair.client) && largest(pair.server), 'the largest that fit');
  });

  test(`${who}: key updates by either side`, { skip: notBuilt }, () => {
    const pair = new EnginePair({ client, server }).establish();
    const updates = (side: Side): string[] => side.all('key_updated').map(({ by }) => by);
    for (const [one, other] of [
      [pair.client, pair.server],
      [pair.server, pair.client],
    ] as const) {
      const before = updates(other).length;
      // What is acknowledged under the keys in use shows that the peer has them.
      one.connection.ping(pair.simulation.now);
      pair.until(() => tryUpdate(one, pair.simulation.now), 'an update');
      one.connection.ping(pair.simulation.now);
      pair.until(() => updates(other).length > before, 'the answer');
      assert.equal(updates(one).at(-1), 'local');
      assert.equal(updates(other).at(-1), 'peer');
    }
    pair.client.connection.openStream('bidi');
    pair.client.connection.writeStream(0, utf8('new keys'), true);
    pair.until(() => pair.server.finished.has(0), 'octets under new keys');
    assert.deepEqual(
      [pair.client.connection.stats().keyUpdates, pair.server.connection.stats().keyUpdates],
      [2, 2],
    );
  });
}

function tryUpdate({ connection }: Side, now: number): boolean {
  try {
    connection.updateKeys(now);
    return true;
  } catch {
    return false;
  }
}
