import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pair } from './connection-pair.ts';

test('a second path is opened and validated, and carries data', () => {
  const pair = new Pair().establish();
  const id = pair.openSecondPath();
  assert.equal(id, 1);
  const { client, server } = pair;
  client.connection.openStream('bidi');
  const data = new Uint8Array(300_000).map((_, i) => i);
  assert.equal(client.connection.writeStream(0, data, true), data.length);
  pair.until(() => client.has('stream_delivered'));
  assert.equal(server.octets(0), data.length);
  const paths = client.connection.paths();
  assert.equal(paths.length, 2);
  for (const path of paths)
    assert.ok(path.bytesSent > 10_000, `path ${path.id}: ${path.bytesSent}`);
});

test('data flows on when a path dies in silence', () => {
  const pair = new Pair({ link: { delay: 10_000, rate: 40e6 } }).establish();
  pair.openSecondPath();
  const { client, server, simulation } = pair;
  client.connection.openStream('bidi');
  const data = new Uint8Array(1_000_000);
  client.connection.writeStream(0, data, true);
  pair.until(() => server.octets(0) > 200_000);
  pair.secondWire.forth.set({ blackhole: true });
  pair.secondWire.back.set({ blackhole: true });
  const cut = simulation.now;
  pair.until(() => server.octets(0) === data.length, 5_000_000, 'the transfer');
  assert.ok(simulation.now - cut < 400_000, `took ${simulation.now - cut} us`);
  assert.deepEqual(client.all('path_suspect'), [
    { type: 'path_suspect', pathId: 1, suspect: true },
  ]);
});
