import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PathEvent } from '../src/session-paths.ts';
import { until } from './loopback.ts';
import { connectPair, echo, readAll, type SessionPair, serverAddress } from './session-pair.ts';

async function twoPaths(): Promise<SessionPair & { readonly second: number }> {
  const pair = await connectPair({
    onsession: echo,
    serverAddresses: ['127.0.0.1:0', '127.0.0.2:0'],
  });
  const remote = serverAddress(pair.serverEndpoint, 1);
  const second = await pair.client.openPath({ local: '127.0.0.2', remote });
  return { ...pair, second };
}

async function roundTrip(pair: SessionPair, length: number): Promise<void> {
  const body = new Uint8Array(length).map((_, i) => i % 251);
  const stream = await pair.client.createBidirectionalStream({ body });
  assert.ok((await readAll(stream)).equals(body), 'the echo is not what was sent');
}

test('two local addresses are two paths, and both carry data', async () => {
  const pair = await twoPaths();
  assert.equal(pair.second, 1);
  await roundTrip(pair, 1_000_000);
  const paths = pair.client.paths;
  assert.deepEqual(
    paths.map(({ id, state, local }) => `${id} ${state} ${local.host}`),
    ['0 active 127.0.0.1', '1 active 127.0.0.2'],
  );
  for (const { id, bytesSent } of paths) assert.ok(bytesSent > 10_000, `path ${id}: ${bytesSent}`);
  await pair.close();
});

test('status changes and closing are told to the peer', async () => {
  const pair = await twoPaths();
  const events: PathEvent[] = [];
  const seen = (type: PathEvent['type']): PathEvent | undefined =>
    events.find((event) => event.type === type);
  pair.server.onpath = (event) => events.push(event);
  pair.client.setPathStatus(1, 'backup');
  await until(() => seen('path_status') !== undefined, 'the status');
  const status = { type: 'path_status', pathId: 1, status: 'backup', by: 'peer' };
  assert.deepEqual(seen('path_status'), status);
  pair.client.closePath(0);
  await until(() => seen('path_closed') !== undefined, 'the end of the path');
  assert.equal(seen('path_closed')?.pathId, 0);
  await roundTrip(pair, 50_000);
  await pair.close();
});

test('an access that is cut silently loses nothing', async () => {
  const pair = await twoPaths();
  await roundTrip(pair, 200_000);
  const first = pair.client.paths[0];
  assert.ok(first);
  const transfer = roundTrip(pair, 1_500_000);
  await new Promise((resolve) => setTimeout(resolve, 5));
  pair.clientEndpoint.blackhole(first.local, true);
  await transfer;
  await pair.close();
});

test('a local address that disappears loses its path only', async () => {
  const pair = await twoPaths();
  const events: string[] = [];
  pair.client.onpath = ({ type, pathId }) => events.push(`${type} ${pathId}`);
  const first = pair.client.paths[0];
  assert.ok(first);
  await pair.clientEndpoint.removeAddress(first.local);
  assert.ok(events.includes('path_closed 0'), events.join());
  await roundTrip(pair, 100_000);
  assert.equal(pair.clientEndpoint.addresses.length, 1);
  await pair.close();
});

test('a path that nobody answers is given up with its signal', async () => {
  const pair = await connectPair();
  const remote = '127.0.0.3:9';
  const signal = AbortSignal.timeout(50);
  await assert.rejects(pair.client.openPath({ local: '127.0.0.2', remote, signal }), {
    name: 'TimeoutError',
  });
  await pair.close();
});

test('without multipath there are no more paths', async () => {
  const pair = await connectPair({ client: { multipath: false } });
  assert.equal((await pair.client.opened).multipath, false);
  await assert.rejects(pair.client.openPath({ local: '127.0.0.2' }), { code: 'ERR_INVALID_STATE' });
  await pair.close();
});
