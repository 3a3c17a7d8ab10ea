/** What a client's machine keeps of a handshake for the life of its connection: nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '@mpquic/wire';
import type { Handshake, ServerHandshakeParameters } from '../src/index.ts';
import { collectGarbage } from './collect-garbage.ts';
import { Pair, testPsk } from './pair.ts';

interface Finished {
  readonly client: Handshake;
  readonly parameters: WeakRef<Uint8Array>;
  readonly key: WeakRef<Uint8Array>;
}

function finish(server: Partial<ServerHandshakeParameters> = {}): Finished {
  const parameters = utf8('parameters that nobody else holds');
  const psk = testPsk();
  const pair = new Pair({ transportParameters: parameters, psks: [psk] }, server).run();
  assert.ok(pair.client.summary?.psk, 'the handshake is complete');
  return {
    client: pair.client.handshake,
    parameters: new WeakRef(parameters),
    key: new WeakRef(psk.key),
  };
}

test('a client that finished lets go of its configuration, its PSKs and all keys of the handshake', async () => {
  const { client, parameters, key } = finish();
  await collectGarbage();
  assert.equal(parameters.deref(), undefined, 'transport parameters');
  assert.equal(key.deref(), undefined, 'the PSK');
  // It still reads what may come: a ticket, which a session by external PSK ignores.
  client.receive('application', newSessionTicket());
  assert.equal(client.nextEvent(), undefined);
});

/** RFC 9846 §4.7.1: lifetime, age_add, nonce, ticket, no extensions. */
function newSessionTicket(): Uint8Array {
  const body = [0, 0, 1, 0, 1, 2, 3, 4, 1, 0, 0, 2, 0xaa, 0xbb, 0, 0];
  return Uint8Array.from([4, 0, 0, body.length, ...body]);
}
