/** The contract of the Handshake interface towards its caller. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from '@mpquic/wire';
import { createClientHandshake, createServerHandshake } from '../src/index.ts';
import { assertAlert, clientParameters, Pair, Side, serverParameters, testPsk } from './pair.ts';

test('a client is started once, a server never', () => {
  const client = createClientHandshake(clientParameters());
  assert.throws(() => client.receive('initial', Uint8Array.of(2)), UsageError);
  client.start();
  assert.throws(() => client.start(), UsageError);
  assert.throws(() => createServerHandshake(serverParameters()).start(), UsageError);
});

test('a look-up is answered when it was asked, for all its identities', () => {
  const client = new Side(createClientHandshake(clientParameters()));
  const server = new Side(createServerHandshake(serverParameters()));
  assert.throws(() => server.handshake.answerPskLookup([testPsk()]), UsageError);
  client.handshake.start();
  assert.throws(() => client.handshake.answerPskLookup([testPsk()]), UsageError);
  server.handshake.receive('initial', client.drain()[0]?.data as Uint8Array);
  assert.throws(() => server.handshake.answerPskLookup([]), UsageError);
  server.handshake.answerPskLookup([testPsk()]);
  assert.equal(server.drain().length, 2);
  assert.throws(() => server.handshake.answerPskLookup([testPsk()]), UsageError);
});

test('secrets come before what is sent under them, and belong to the caller', () => {
  const pair = new Pair().run();
  const order = (events: Pair['client']['events']): string[] =>
    events.flatMap((event) =>
      event.type === 'send'
        ? [`send ${event.level}`]
        : event.type === 'secret'
          ? [`${event.level} ${event.direction}`]
          : [event.type],
    );
  assert.deepEqual(order(pair.client.events), [
    'send initial',
    'handshake read',
    'handshake write',
    'transport_parameters',
    'send handshake',
    'application read',
    'application write',
    'complete',
  ]);
  assert.deepEqual(order(pair.server.events), [
    'psk_lookup',
    'transport_parameters',
    'send initial',
    'handshake write',
    'handshake read',
    // EncryptedExtensions and Finished.
    'send handshake',
    'send handshake',
    'application write',
    'application read',
    'complete',
  ]);
});

test('a key log has the labels of the NSS format, only where it is wanted', () => {
  assert.deepEqual(new Pair().run().server.keyLog, []);
  const pair = new Pair({ keyLog: true }, { keyLog: true }).run();
  assert.deepEqual(pair.client.keyLog, pair.server.keyLog);
  assert.deepEqual(
    pair.client.keyLog.map((line) => line.split(' ')[0]),
    [
      'CLIENT_HANDSHAKE_TRAFFIC_SECRET',
      'SERVER_HANDSHAKE_TRAFFIC_SECRET',
      'CLIENT_TRAFFIC_SECRET_0',
      'SERVER_TRAFFIC_SECRET_0',
      'EXPORTER_SECRET',
    ],
  );
  assert.match(pair.client.keyLog[0] as string, /^\w+ [0-9a-f]{64} [0-9a-f]{64}$/);
  const secret = pair.client.secrets['application read'] as string;
  assert.ok((pair.client.keyLog[3] as string).endsWith(secret));
});

test('dispose wipes what was not taken, and ends the handshake', () => {
  const pair = new Pair();
  pair.client.handshake.start();
  pair.server.handshake.receive('initial', pair.client.drain()[0]?.data as Uint8Array);
  const lookup = pair.server.handshake.nextEvent();
  assert.equal(lookup?.type, 'psk_lookup');
  pair.server.handshake.answerPskLookup([testPsk()]);
  pair.server.handshake.dispose();
  assert.equal(pair.server.handshake.nextEvent(), undefined);
  assertAlert(() => pair.server.handshake.receive('handshake', Uint8Array.of(20)), 80);
});

test('data are lent for the call only', () => {
  const { client, server } = new Pair();
  const lend = (to: Side, from: Side): void => {
    for (const { level, data } of from.drain()) {
      for (let at = 0; at < data.length; at += 50) {
        const lent = data.slice(at, at + 50);
        to.handshake.receive(level, lent);
        lent.fill(0xff);
      }
    }
  };
  client.handshake.start();
  lend(server, client);
  lend(client, server);
  lend(server, client);
  server.drain();
  assert.deepEqual(server.summary, client.summary);
  assert.ok(server.summary !== undefined);
});
