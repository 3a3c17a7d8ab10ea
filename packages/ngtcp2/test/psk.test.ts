import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GroupName } from '@mpquic/crypto';
import type { CipherSuiteName, ExternalPsk } from '@mpquic/tls';
import { utf8 } from '@mpquic/wire';
import { EnginePair, type EnginePairOptions, notBuilt, PSK } from './engine-pair.ts';
import { ROLES } from './roles.ts';

/** CONNECTION_CLOSE of the alert decrypt_error. RFC 9001 §4.8 */
const BAD_BINDER = 0x0100 + 51;
const SHA384: ExternalPsk = { ...PSK, hash: 'sha384' };
const IMPORTED: ExternalPsk = { ...PSK, mode: 'imported', context: utf8('context') };
const WRONG: ExternalPsk = { ...PSK, key: PSK.key.map((octet) => octet ^ 0xff) };
const STRANGER: ExternalPsk = { ...PSK, identity: utf8('nobody') };

function summaries({ client, server }: EnginePair): unknown[] {
  return [client, server].map(({ connection }) => {
    const { cipherSuite, group, psk } = connection.handshake ?? {};
    return [cipherSuite, group, psk?.mode];
  });
}

interface Agreement {
  readonly name: string;
  readonly options: Omit<EnginePairOptions, 'client' | 'server'>;
  readonly suite?: CipherSuiteName;
  readonly group?: GroupName;
  readonly mode?: 'raw' | 'imported';
}

const AGREEMENTS: readonly Agreement[] = [
  ...(['x25519', 'secp256r1', 'secp384r1'] as const).map((group) => ({
    name: group,
    options: { clientConfig: { groups: [group] } },
    group,
  })),
  {
    name: 'HelloRetryRequest',
    options: { serverConfig: { groups: ['secp384r1'] } },
    group: 'secp384r1',
  },
  {
    name: 'SHA-384',
    options: { clientConfig: { psks: [SHA384] }, psks: [SHA384] },
    suite: 'TLS_AES_256_GCM_SHA384',
  },
  {
    name: 'ChaCha20',
    options: { serverConfig: { cipherSuites: ['TLS_CHACHA20_POLY1305_SHA256'] } },
    suite: 'TLS_CHACHA20_POLY1305_SHA256',
  },
  {
    name: 'imported (RFC 9258)',
    options: { clientConfig: { psks: [IMPORTED] }, psks: [IMPORTED] },
    mode: 'imported',
  },
  { name: 'Retry', options: { serverConfig: { retry: true } } },
  { name: 'a tenth of all packets lost', options: { link: { delay: 10_000, loss: 0.1 } } },
];

for (const { client, server, who } of ROLES) {
  for (const { name, options, suite, group, mode } of AGREEMENTS) {
    test(`${who}: handshake by PSK, ${name}`, { skip: notBuilt }, () => {
      const pair = new EnginePair({ client, server, ...options }).establish();
      const agreed = [suite ?? 'TLS_AES_128_GCM_SHA256', group ?? 'x25519', mode ?? 'raw'];
      assert.deepEqual(summaries(pair), [agreed, agreed]);
      const first = pair.client.connection;
      first.openStream('bidi');
      first.writeStream(0, utf8('works'), true);
      pair.until(() => pair.server.finished.has(0), 'a stream');
      assert.deepEqual(pair.server.content(0), utf8('works'));
    });
  }

  for (const [name, offered] of [
    ['a wrong key', WRONG],
    ['an unknown identity', STRANGER],
  ] as const) {
    test(`${who}: ${name} is refused with decrypt_error`, { skip: notBuilt }, () => {
      const pair = new EnginePair({ client, server, clientConfig: { psks: [offered] } });
      pair.until(() => pair.client.has('closed') && pair.server.has('closed'), 'the end');
      const [atClient] = pair.client.all('closing');
      const [atServer] = pair.server.all('closing');
      assert.deepEqual(
        [atClient?.reason.by, atClient?.reason.code, atServer?.reason.by, atServer?.reason.code],
        ['peer', BAD_BINDER, 'local', BAD_BINDER],
      );
      assert.equal(pair.client.connection.handshake, undefined);
    });
  }
}
