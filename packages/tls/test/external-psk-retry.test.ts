/** External PSKs behind a HelloRetryRequest, case by case; see external-psk-cases.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeCryptoProvider as crypto } from '@mpquic/crypto';
import { toHex, utf8 } from '@mpquic/wire';
import { Alert } from '../src/index.ts';
import { ExtensionType } from '../src/messages/extensions.ts';
import { flipped } from './binder-cases.ts';
import { key, psk1, psk2, store } from './external-psks.ts';
import {
  editClientHello,
  editOfferedPsks,
  editServerHello,
  rebind,
  replaceExtension,
} from './hello-editor.ts';
import { assertAlert, Pair, testPsk } from './pair.ts';

const retry = { groups: ['secp256r1', 'x25519'] } as const;
const x25519 = { groups: ['x25519'] } as const;

function isSecondHello(data: Uint8Array): boolean {
  // Its only share is of the group that was asked for.
  return toHex(data).includes('003300260024001d0020');
}

test('a retry with PSKs of both hashes: only those of the selected suite are offered again', () => {
  const long = testPsk({ identity: utf8('psk3'), key: key(3), hash: 'sha384' });
  const pair = new Pair({ ...retry, psks: [psk1, long] }, x25519, store(long));
  const offered: number[] = [];
  pair.fromClient = (data, level) => {
    if (level === 'initial') {
      editOfferedPsks(data, (psks) => {
        offered.push(psks.identities.length);
        return psks;
      });
    }
    return data;
  };
  pair.run();
  pair.assertComplete();
  assert.deepEqual(offered, [2, 1]);
});

test('the index of the PSK may be another behind a retry', () => {
  const long = testPsk({ identity: utf8('psk3'), key: key(3), hash: 'sha384' });
  const pair = new Pair({ ...retry, psks: [psk1, long, psk2] }, x25519, store(psk2)).run();
  pair.assertComplete();
  assert.equal(toHex(pair.client.summary?.psk?.identity as Uint8Array), toHex(utf8('psk2')));
});

test('an index out of bounds behind a retry: 47', () => {
  const pair = new Pair({ ...retry, psks: [psk1] }, x25519, store(psk1));
  pair.fromServer = (data, level) =>
    level === 'initial' && toHex(data).includes('00290002')
      ? editServerHello(data, (hello) => {
          hello.extensions = replaceExtension(
            hello.extensions,
            ExtensionType.pre_shared_key,
            Uint8Array.of(0, 1),
          );
        })
      : data;
  assertAlert(() => pair.run(), Alert.illegal_parameter);
});

test('RFC 9846 §4.3.11.2: a second binder without the first ClientHello in it: 51', () => {
  const pair = new Pair({ ...retry, psks: [psk1] }, x25519, store(psk1));
  pair.fromClient = (data) => (isSecondHello(data) ? rebind(data, [psk1]) : data);
  assertAlert(() => pair.run(), Alert.decrypt_error);
});

test('the selected PSK is missing in the second ClientHello: 47', () => {
  const pair = new Pair({ ...retry, psks: [psk1, psk2] }, x25519, store(psk1));
  pair.fromClient = (data) =>
    isSecondHello(data)
      ? editOfferedPsks(data, ({ identities, binders }) => ({
          identities: identities.slice(1),
          binders: binders.slice(1),
        }))
      : data;
  assertAlert(() => pair.run(), Alert.illegal_parameter);
});

test('all PSKs are missing in the second ClientHello: 109', () => {
  const pair = new Pair({ ...retry, psks: [psk1] }, x25519, store(psk1));
  pair.fromClient = (data) =>
    isSecondHello(data)
      ? editClientHello(data, (hello) => {
          hello.extensions = hello.extensions.slice(0, -1);
        })
      : data;
  assertAlert(() => pair.run(), Alert.missing_extension);
});

for (const [name, edit] of [
  [
    'random',
    (data: Uint8Array) =>
      editClientHello(data, (hello) => {
        hello.random = flipped(hello.random);
      }),
  ],
  [
    'suites',
    (data: Uint8Array) =>
      editClientHello(data, (hello) => {
        hello.cipherSuites = hello.cipherSuites.slice(0, 1);
      }),
  ],
  [
    'ALPN',
    (data: Uint8Array) =>
      editClientHello(data, (hello) => {
        hello.extensions = replaceExtension(
          hello.extensions,
          ExtensionType.application_layer_protocol_negotiation,
          Uint8Array.of(0, 8, 4, 0x74, 0x65, 0x73, 0x74, 2, 0x68, 0x33),
        );
      }),
  ],
  [
    'transport parameters',
    (data: Uint8Array) =>
      editClientHello(data, (hello) => {
        hello.extensions = replaceExtension(
          hello.extensions,
          ExtensionType.quic_transport_parameters,
          Uint8Array.of(1),
        );
      }),
  ],
  [
    'early data',
    (data: Uint8Array) =>
      editClientHello(data, (hello) => {
        hello.extensions = [
          { type: ExtensionType.early_data, data: new Uint8Array(0) },
          ...hello.extensions,
        ];
      }),
  ],
  [
    'the key share left out',
    (data: Uint8Array) =>
      editClientHello(data, (hello) => {
        hello.extensions = replaceExtension(
          hello.extensions,
          ExtensionType.key_share,
          Uint8Array.of(0, 0),
        );
      }),
  ],
] as const) {
  test(`RFC 9846 §4.2.2: a second ClientHello that changes: ${name}: 47`, () => {
    const pair = new Pair({ ...retry, psks: [psk1] }, x25519, store(psk1));
    pair.fromClient = (data) => (isSecondHello(data) ? edit(data) : data);
    assertAlert(() => pair.run(), Alert.illegal_parameter);
  });
}

test('a second HelloRetryRequest: 10', () => {
  const pair = new Pair({ ...retry, psks: [psk1] }, x25519, store(psk1));
  pair.client.handshake.start();
  const hello = pair.client.drain()[0]?.data as Uint8Array;
  pair.server.handshake.receive('initial', hello);
  const request = pair.server.drain()[0]?.data as Uint8Array;
  pair.client.handshake.receive('initial', request);
  assertAlert(() => pair.client.handshake.receive('initial', request), Alert.unexpected_message);
});

test('a cookie of a HelloRetryRequest comes back, with the same key share', () => {
  const pair = new Pair({ psks: [psk1] }, {}, store(psk1));
  const sent: string[] = [];
  pair.client.handshake.start();
  const hello = pair.client.drain()[0]?.data as Uint8Array;
  sent.push(toHex(hello));
  pair.server.handshake.receive('initial', hello);
  const request = editServerHello(pair.server.drain()[0]?.data as Uint8Array, (answer) => {
    answer.random = crypto.hash('sha256', utf8('HelloRetryRequest'));
    answer.extensions = [
      { type: ExtensionType.supported_versions, data: Uint8Array.of(3, 4) },
      { type: ExtensionType.cookie, data: Uint8Array.of(0, 3, 0xc0, 0x0c, 0x1e) },
    ];
  });
  pair.client.handshake.receive('initial', request);
  const second = toHex(pair.client.drain()[0]?.data as Uint8Array);
  assert.ok(second.includes('002c00050003c00c1e'));
  const share = /003300260024001d0020([0-9a-f]{64})/;
  assert.equal(share.exec(second)?.[1], share.exec(toHex(hello))?.[1]);
});
