import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHex, toHex } from '@mpquic/wire';
import { nobleCryptoProvider, nodeCryptoProvider } from '../src/index.ts';
import { providerCompliance } from './compliance/provider.ts';

providerCompliance(nodeCryptoProvider, [nobleCryptoProvider]);
providerCompliance(nobleCryptoProvider, [nodeCryptoProvider]);

test('AES encrypts the blocks of FIPS 197 Appendix C', () => {
  const block = fromHex('00112233445566778899aabbccddeeff');
  const key = Uint8Array.from({ length: 32 }, (_, i) => i);
  assert.equal(
    toHex(nodeCryptoProvider.aesEncryptBlock(key.subarray(0, 16), block)),
    '69c4e0d86a7b0430d8cdb78070b4c55a',
  );
  assert.equal(
    toHex(nodeCryptoProvider.aesEncryptBlock(key, block)),
    '8ea2b7ca516745bfeafc49904b496089',
  );
});

test('AES-CBC encrypts the example of SP 800-38A F.2.1', () => {
  const key = fromHex('2b7e151628aed2a6abf7158809cf4f3c');
  const initializationVector = fromHex('000102030405060708090a0b0c0d0e0f');
  const plaintext = fromHex('6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51');
  assert.equal(
    toHex(nodeCryptoProvider.aesCbc(key, initializationVector, plaintext)),
    '7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2',
  );
});

test('AES-CTR encrypts the example of SP 800-38A F.5.1, and decrypts it', () => {
  const key = fromHex('2b7e151628aed2a6abf7158809cf4f3c');
  const counter = fromHex('f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff');
  const plaintext = fromHex('6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51');
  const ciphertext = nodeCryptoProvider.aesCtr(key, counter, plaintext);
  assert.equal(
    toHex(ciphertext),
    '874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff',
  );
  assert.equal(toHex(nodeCryptoProvider.aesCtr(key, counter, ciphertext)), toHex(plaintext));
});
