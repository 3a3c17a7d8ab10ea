import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeCryptoProvider } from '@mpquic/crypto';
import { fromHex, toHex } from '@mpquic/wire';
import { aesCmac } from '../src/security/aes-cmac.ts';

const key = fromHex('2b7e151628aed2a6abf7158809cf4f3c');
const message = fromHex(
  '6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51' +
    '30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710',
);

test('RFC 4493 §4 examples of AES-CMAC', () => {
  for (const [length, mac] of [
    [0, 'bb1d6929e95937287fa37d129b756746'],
    [16, '070a16b46b4d4144f79bdd9dd04a287c'],
    [40, 'dfa66747de9ae63030ca32611497c827'],
    [64, '51f0bebf7e3b9d92fc49741779363cfe'],
  ] as const) {
    assert.equal(toHex(aesCmac(nodeCryptoProvider, key, message.subarray(0, length))), mac);
  }
});
