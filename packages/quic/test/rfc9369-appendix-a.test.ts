import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeCryptoProvider as crypto, derivePacketKeys } from '@mpquic/crypto';
import { fromHex, toHex } from '@mpquic/wire';
import { INITIAL_SUITE, QUIC_V2 } from '../src/index.ts';
import { deriveInitialSecrets, packetKeyDerivation } from '../src/protection/key-derivation.ts';
import { verifyRetry } from '../src/wire/retry.ts';
import { parseFirst } from './protection-helpers.ts';

const original = fromHex('8394c8f03e515708');

test('A.1: the Initial keys of version 2', () => {
  const { client, server } = deriveInitialSecrets(crypto, QUIC_V2, original);
  const keysOf = (secret: Uint8Array) => {
    const keys = derivePacketKeys(crypto, packetKeyDerivation(QUIC_V2, INITIAL_SUITE), secret);
    return [keys.key, keys.iv, keys.headerProtectionKey].map(toHex);
  };
  assert.deepEqual(keysOf(client), [
    '8b1a0bc121284290a29e0971b5cd045d',
    '91f73e2351d8fa91660e909f',
    '45b95e15235d6f45a6b19cbcb0294ba9',
  ]);
  assert.deepEqual(keysOf(server), [
    '82db637861d55e1d011f19ea71d5d2a7',
    'dd13c276499c0249d3310652',
    'edf6d05c83121201b436e16877593c3a',
  ]);
});

test('A.4: the Retry packet of version 2', () => {
  const retry = fromHex('cf6b3343cf0008f067a5502a4262b5746f6b656ec8646ce8bfe33952d955543665dcc7b6');
  const header = parseFirst(retry);
  assert.equal(header.type, 'retry');
  assert.ok(verifyRetry(crypto, header, QUIC_V2, original));
});
