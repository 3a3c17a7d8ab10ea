import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeCryptoProvider } from '@mpquic/crypto';
import { type Address, utf8 } from '@mpquic/wire';
import { RetryTokens } from '../src/retry-tokens.ts';
import { CLIENT, EnginePair, notBuilt, OTHER_CLIENT, PSK, SERVER } from './engine-pair.ts';

const ORIGINAL = utf8('original');
const SOURCE = utf8('8 octets');

test('a Retry token opens for its client, its connection ID and its time only', () => {
  const tokens = new RetryTokens(nodeCryptoProvider, nodeCryptoProvider.random);
  const token = tokens.seal(ORIGINAL, SOURCE, CLIENT, 1000);
  const open = (given: Uint8Array, id: Uint8Array, from: Address, now: number) =>
    tokens.open(given, id, from, now);
  assert.deepEqual(open(token, SOURCE, CLIENT, 5_000_000), ORIGINAL);
  assert.equal(open(token, SOURCE, OTHER_CLIENT, 5_000_000), undefined);
  assert.equal(open(token, ORIGINAL, CLIENT, 5_000_000), undefined);
  assert.equal(open(token, SOURCE, CLIENT, 11_000_000), undefined);
  assert.equal(open(token.subarray(1), SOURCE, CLIENT, 5_000_000), undefined);
  assert.equal(open(new Uint8Array(3), SOURCE, CLIENT, 5_000_000), undefined);
});

test('what NEW_TOKEN gave spares the next connection of ngtcp2 the Retry', {
  skip: notBuilt,
}, () => {
  const pair = new EnginePair({ client: 'ngtcp2', serverConfig: { retry: true } }).establish();
  pair.until(() => pair.client.has('new_token'), 'a token');
  assert.equal(pair.server.set.dropped['address_not_validated'], 1);
  const [first] = pair.client.all('new_token');
  const next = pair.client.set.connect(
    {
      crypto: nodeCryptoProvider,
      alpn: ['test'],
      psks: [PSK],
      local: CLIENT,
      remote: SERVER,
      ...(first === undefined ? {} : { token: first.token }),
    },
    pair.simulation.now,
  );
  pair.client.host.add(next);
  pair.until(() => next.handshake !== undefined, 'the second handshake');
  assert.equal(pair.server.set.dropped['address_not_validated'], 1);
});

test('a token that the server did not give ends the attempt', { skip: notBuilt }, () => {
  const pair = new EnginePair({
    client: 'ours',
    server: 'ngtcp2',
    serverConfig: { retry: true },
    clientConfig: { token: utf8('made up') },
  });
  pair.until(() => pair.client.has('closed'), 'the refusal');
  assert.deepEqual(
    pair.client.all('closed').map(({ reason }) => [reason.by, reason.code]),
    [['peer', 0x0b]],
  );
});
