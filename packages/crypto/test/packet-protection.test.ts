import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHex, toHex } from '@mpquic/wire';
import { nobleCryptoProvider, nodeCryptoProvider } from '../src/index.ts';
import { PacketNonce } from '../src/packet-nonce.ts';
import { packetProtectionCompliance } from './compliance/packet-protection.ts';

for (const crypto of [nodeCryptoProvider, nobleCryptoProvider]) packetProtectionCompliance(crypto);

test('MP-21 §2.4: the nonce of path 3, packet number 54321', () => {
  const nonce = new PacketNonce(fromHex('6b26114b9cba2b63a9e8dd4f'));
  assert.equal(toHex(nonce.of(3, 0, 54321)), '6b2611489cba2b63a9e8097e');
});

test('the nonce takes path IDs and packet numbers of full width', () => {
  const nonce = new PacketNonce(new Uint8Array(12));
  assert.equal(toHex(nonce.of(0xffffffff | 0, 0x3fffffff, -1)), 'ffffffff3fffffffffffffff');
  nonce.wipe();
  assert.equal(toHex(nonce.of(0, 0, 0)), '000000000000000000000000');
});
