/** ClientHellos recorded from other implementations: their binders verify, and our server takes them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeCryptoProvider as crypto } from '@mpquic/crypto';
import { fromHex, toHex } from '@mpquic/wire';
import { createServerHandshake, InMemoryPskStore } from '../src/index.ts';
import { EarlyKeySchedule } from '../src/key-schedule.ts';
import { Side, serverParameters, testPsk } from './pair.ts';
import { readVectors } from './vectors.ts';

interface OpensslVector {
  readonly suite: string;
  readonly psk: string;
  readonly identity: string;
  readonly client_hello: string;
  readonly truncated_len: number;
  readonly binder: string;
}

for (const vector of readVectors<readonly OpensslVector[]>('openssl-external-psk.json')) {
  test(`OpenSSL 3.0, ${vector.suite}: the binder of its external PSK`, () => {
    const early = EarlyKeySchedule.fromPsk(crypto, 'sha256', 'externalPsk', fromHex(vector.psk));
    const truncated = fromHex(vector.client_hello).subarray(0, vector.truncated_len);
    assert.equal(toHex(early.binder(crypto.hash('sha256', truncated))), vector.binder);
  });

  test(`OpenSSL 3.0, ${vector.suite}: its ClientHello is answered`, () => {
    const psk = testPsk({ identity: fromHex(vector.identity), key: fromHex(vector.psk) });
    const server = new Side(
      createServerHandshake(serverParameters({ transport: 'stream', alpn: [] })),
      new InMemoryPskStore([psk]),
    );
    server.handshake.receive('initial', fromHex(vector.client_hello));
    const [serverHello] = server.drain();
    assert.equal(serverHello?.data[0], 2);
    const sessionId = vector.client_hello.slice(2 * 39, 2 * 71);
    assert.ok(
      toHex(serverHello?.data as Uint8Array).includes(sessionId),
      'the session ID is echoed',
    );
    assert.ok(server.secrets['application write'] !== undefined);
  });
}

interface PicoquicVector {
  readonly psk: string;
  readonly client_hello: string;
  readonly binder_on_wire: string;
  readonly truncated_len: number;
}

test('picoquic: the binder of its ClientHello, which is answered', () => {
  const vector = readVectors<PicoquicVector>('picoquic-psk-transfer-binder.json');
  const early = EarlyKeySchedule.fromPsk(crypto, 'sha256', 'externalPsk', fromHex(vector.psk));
  const hello = fromHex(vector.client_hello);
  const truncated = hello.subarray(0, vector.truncated_len);
  assert.equal(toHex(early.binder(crypto.hash('sha256', truncated))), vector.binder_on_wire);
  const psk = testPsk({
    // The pre_shared_key extension, its lengths and the identity's start behind the truncated hello.
    identity: hello.subarray(vector.truncated_len - 4 - 0x17, vector.truncated_len - 4),
    key: fromHex(vector.psk),
  });
  const server = new Side(
    createServerHandshake(serverParameters({ alpn: ['hq-interop'] })),
    new InMemoryPskStore([psk]),
  );
  server.handshake.receive('initial', hello);
  assert.equal(server.drain().length, 2);
  assert.equal(
    server.events.find((event) => event.type === 'secret')?.cipherSuite,
    'TLS_AES_128_GCM_SHA256',
  );
});
