import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '@mpquic/wire';
import { Pair, SECOND_CLIENT_ADDRESS, SERVER_ADDRESS } from './connection-pair.ts';
import { ScriptedPeer } from './scripted-peer.ts';

const INVALID_TOKEN = 0x0b;

const dropped = (pair: Pair, reason: string): number =>
  pair.server.machine.set.dropped[reason] ?? 0;

test('RFC 9000 §8.1.3: NEW_TOKEN spares the next connection the Retry, once', () => {
  const pair = new Pair({ server: { retry: true } }).establish();
  pair.until(() => pair.client.has('new_token'));
  const token = pair.client.all('new_token')[0]?.token;
  assert.ok(token);
  const handshakes = (): number => pair.server.all('handshake_confirmed').length;
  pair.connect({ token });
  pair.until(() => handshakes() === 2);
  assert.equal(dropped(pair, 'address_not_validated'), 1, 'no second Retry');
  pair.connect({ token });
  pair.until(() => handshakes() === 3);
  assert.equal(dropped(pair, 'address_not_validated'), 2, 'the token was used');
});

test('RFC 9000 §8.1.3: a client that moved to another host is given a token for it', () => {
  const pair = new Pair({ server: { retry: true } }).establish();
  pair.simulation.runFor(200_000);
  const tokens = (): readonly Uint8Array[] =>
    pair.client.all('new_token').map(({ token }) => token);
  const { now } = pair.simulation;
  pair.client.connection.migratePath(0, SECOND_CLIENT_ADDRESS, SERVER_ADDRESS, now);
  pair.until(() => tokens().length === 2);
  pair.simulation.runFor(1_000_000);
  assert.equal(tokens().length, 2);
  const handshakes = (): number => pair.server.all('handshake_confirmed').length;
  pair.connect({ local: SECOND_CLIENT_ADDRESS, token: tokens()[0] as Uint8Array });
  pair.until(() => handshakes() === 2);
  assert.equal(dropped(pair, 'address_not_validated'), 2, 'the first token is of the other host');
  pair.connect({ local: SECOND_CLIENT_ADDRESS, token: tokens()[1] as Uint8Array });
  pair.until(() => handshakes() === 3);
  assert.equal(dropped(pair, 'address_not_validated'), 2, 'no third Retry');
});

test('RFC 9000 §8.1.3: a token that nobody knows counts as none', () => {
  const pair = new Pair({ client: { token: utf8('from another server') } }).establish();
  assert.equal(dropped(pair, 'invalid_token'), 0);
  const asked = new Pair({
    server: { retry: true },
    client: { token: utf8('from another server') },
  }).establish();
  assert.equal(dropped(asked, 'address_not_validated'), 1);
});

test('a server can keep its tokens for itself', () => {
  const pair = new Pair({ server: { issueTokens: false } }).establish();
  pair.until(() => pair.client.has('handshake_confirmed'));
  pair.simulation.runFor(1_000_000);
  assert.equal(pair.client.has('new_token'), false);
});

test('RFC 9000 §8.1.2: a token from a Retry that is not valid ends the attempt with INVALID_TOKEN', () => {
  const token = new Uint8Array(60).fill(7);
  token[0] = 1;
  const pair = new Pair({ server: { retry: true }, client: { token } });
  pair.until(() => pair.client.has('closed'));
  const [closed] = pair.client.all('closed');
  assert.equal(closed?.reason.by, 'peer');
  assert.equal(closed?.reason.code, INVALID_TOKEN);
  assert.equal(dropped(pair, 'invalid_token'), 1);
  assert.equal(pair.server.machine.connections.length, 0);
});

test('RFC 9000 §17.2.5: a Retry is small, and nothing is kept of what it answers', () => {
  const peer = new ScriptedPeer('client', { server: { retry: true } });
  const first = peer.handshakeFlight()[0];
  assert.ok(first);
  peer.write(first.frames, { level: 'initial', padTo: 1200 });
  assert.equal(peer.set.size, 0);
  assert.equal(peer.set.dropped['address_not_validated'], 1);
  const [retry] = peer.datagrams;
  assert.ok(retry && retry.length < 1200, 'a Retry is smaller than what it answers');
  assert.equal((retry[0] as number) & 0xf0, 0xf0, 'RFC 9000 §17.2.5: long header type 3');
});
