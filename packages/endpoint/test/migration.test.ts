import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from './loopback.ts';
import { connectPair, echo, readAll } from './session-pair.ts';

test('RFC 9000 §9.2: a session moves to another local address, and goes on', async () => {
  const pair = await connectPair({ onsession: echo });
  await pair.client.migrate({ local: '127.0.0.2' });
  assert.equal(pair.client.paths[0]?.local.host, '127.0.0.2');
  const stream = await pair.client.createBidirectionalStream({ body: 'from there' });
  assert.equal((await readAll(stream)).toString(), 'from there');
  await until(() => pair.server.paths[0]?.remote.host === '127.0.0.2', 'the server follows');
  assert.equal(pair.client.paths.length, 1);
  await pair.close();
});

test('RFC 9000 §9.2: a move that is not allowed rejects', async () => {
  const server = { transportParams: { disableActiveMigration: true } };
  const pair = await connectPair({ onsession: echo, server });
  await assert.rejects(pair.client.migrate({ local: '127.0.0.2' }), { code: 'ERR_INVALID_STATE' });
  assert.equal(pair.client.paths[0]?.local.host, '127.0.0.1');
  await pair.close();
});

test('RFC 9000 §9.6: a client moves to the preferred address of its server', async () => {
  const server = { preferredAddress: { ipv4: '127.0.0.3:0' } };
  const pair = await connectPair({ onsession: echo, server });
  await until(() => pair.client.paths[0]?.remote.host === '127.0.0.3', 'the move');
  await until(() => pair.server.paths[0]?.local.host === '127.0.0.3', 'the server follows');
  const stream = await pair.client.createBidirectionalStream({ body: 'there' });
  assert.equal((await readAll(stream)).toString(), 'there');
  await pair.close();
});

test('RFC 9000 §9.6: and does not where it is told not to', async () => {
  const pair = await connectPair({
    onsession: echo,
    server: { preferredAddress: { ipv4: '127.0.0.3:0' } },
    client: { preferredAddressPolicy: 'ignore' },
  });
  const stream = await pair.client.createBidirectionalStream({ body: 'here' });
  assert.equal((await readAll(stream)).toString(), 'here');
  assert.notEqual(pair.client.paths[0]?.remote.host, '127.0.0.3');
  await pair.close();
});
