/** HelloRetryRequest with a cookie, answered to a server that forgot. RFC 9846 §4.3.2 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeCryptoProvider as crypto } from '@mpquic/crypto';
import { ByteReader } from '@mpquic/wire';
import {
  Alert,
  createServerHandshake,
  InMemoryPskStore,
  SealingKeys,
  type ServerHandshakeParameters,
} from '../src/index.ts';
import { type Extension, ExtensionType } from '../src/messages/extensions.ts';
import { readServerHello } from '../src/messages/server-hello.ts';
import { serverCertificate, testTrust } from './certificates.ts';
import { editClientHello } from './hello-editor.ts';
import { assertAlert, Pair, Side, serverParameters, testPsk } from './pair.ts';

let now = Date.UTC(2030, 0, 1);
const cookieKeys = new SealingKeys({ crypto, currentTime: () => now });
const store = new InMemoryPskStore([testPsk()]);
const groups = { groups: ['secp256r1', 'x25519'] } as const;
const retrying = { groups: ['x25519'], cookieKeys } as const;

/** A client that has its HelloRetryRequest, and its second ClientHello. */
function retried(client: ConstructorParameters<typeof Pair>[0] = {}): {
  readonly pair: Pair;
  readonly second: Uint8Array;
} {
  const server = { ...retrying, certificate: serverCertificate() };
  const pair = new Pair({ ...groups, ...client }, server, store);
  pair.client.handshake.start();
  pair.server.handshake.receive('initial', pair.client.drain()[0]?.data as Uint8Array);
  const request = pair.server.drain()[0]?.data as Uint8Array;
  pair.client.handshake.receive('initial', request);
  return { pair, second: pair.client.drain()[0]?.data as Uint8Array };
}

function freshServer(changes: Partial<ServerHandshakeParameters> = {}): Side {
  const certificate = serverCertificate();
  return new Side(
    createServerHandshake(serverParameters({ ...retrying, certificate, ...changes })),
    store,
  );
}

for (const [name, client] of [
  ['an external PSK', {}],
  ['a certificate', { psks: [], trust: testTrust, serverName: 'upf.example' }],
] as const) {
  test(`another server with the same keys goes on, with ${name}`, () => {
    const { pair, second } = retried(client);
    const server = freshServer();
    server.handshake.receive('initial', second);
    for (const { level, data } of server.drain()) pair.client.handshake.receive(level, data);
    for (const { level, data } of pair.client.drain()) server.handshake.receive(level, data);
    server.drain();
    assert.ok(server.summary !== undefined);
    assert.deepEqual(server.summary.psk, pair.client.summary?.psk);
    assert.equal(server.summary.group, 'x25519');
    assert.equal(pair.client.secrets['application read'], server.secrets['application write']);
  });
}

test('the server that remembers takes its cookie too', () => {
  const pair = new Pair(groups, retrying, store).run();
  pair.assertComplete();
});

function cookieOf(
  second: Uint8Array,
  edit: (cookie: Uint8Array) => Uint8Array | undefined,
): Uint8Array {
  return editClientHello(second, (hello) => {
    hello.extensions = hello.extensions.flatMap((extension): Extension[] => {
      if (extension.type !== ExtensionType.cookie) return [extension];
      const data = edit(extension.data.slice());
      return data === undefined ? [] : [{ type: ExtensionType.cookie, data }];
    });
  });
}

test('a changed cookie, or one that is too old: 47', () => {
  const { second } = retried();
  const changed = cookieOf(second, (cookie) => {
    cookie[20] = (cookie[20] as number) ^ 1;
    return cookie;
  });
  assertAlert(() => freshServer().handshake.receive('initial', changed), Alert.illegal_parameter);
  now += 31_000;
  assertAlert(() => freshServer().handshake.receive('initial', second), Alert.illegal_parameter);
});

test('a cookie that does not come back to the server that remembers: 47', () => {
  const { pair, second } = retried();
  assertAlert(
    () =>
      pair.server.handshake.receive(
        'initial',
        cookieOf(second, () => undefined),
      ),
    Alert.illegal_parameter,
  );
});

test('the suite and the group stay those of the HelloRetryRequest: 47', () => {
  const { second } = retried();
  for (const changes of [
    { cipherSuites: ['TLS_CHACHA20_POLY1305_SHA256'] },
    { groups: ['secp256r1'] },
  ] satisfies Partial<ServerHandshakeParameters>[]) {
    assertAlert(
      () => freshServer(changes).handshake.receive('initial', second),
      Alert.illegal_parameter,
    );
  }
});

test('a server without cookie keys sends no cookie and ignores one', () => {
  const pair = new Pair(groups, { groups: ['x25519'] }, store);
  pair.fromServer = (data, level) => {
    if (level === 'initial') {
      const { extensions } = readServerHello(new ByteReader(data.subarray(4)));
      assert.equal(extensions.find(ExtensionType.cookie), undefined);
    }
    return data;
  };
  pair.run().assertComplete();
});
