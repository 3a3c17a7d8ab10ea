import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nobleCryptoProvider, nodeCryptoProvider } from '@mpquic/crypto';
import {
  packetProtectionCompliance,
  providerCompliance,
  rfc9001Compliance,
} from '@mpquic/crypto/compliance';
import { nativeCryptoProvider, nativeStatus } from '../src/index.ts';

const crypto = nativeCryptoProvider();

test('the addon', { skip: nativeStatus.available ? false : nativeStatus.reason }, () => {
  assert.ok(crypto !== undefined);
});

if (crypto !== undefined) {
  providerCompliance(crypto, [nodeCryptoProvider, nobleCryptoProvider]);
  packetProtectionCompliance(crypto);
  rfc9001Compliance(crypto);
  test('native: one provider serves the thread', () => {
    assert.equal(nativeCryptoProvider(), crypto);
  });
}
