import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeMm, decodeSm, encodeMm, encodeSm } from '@mpquic/nas';
import { carriedUp, MM_CORPUS, SM_CORPUS } from './corpus.ts';

for (const message of MM_CORPUS) {
  test(`${message.type} survives its encoding`, () => {
    assert.deepEqual(decodeMm(encodeMm(message)), message);
  });
}

for (const message of SM_CORPUS) {
  test(`${message.type} survives its encoding`, () => {
    assert.deepEqual(decodeSm(encodeSm(message)), message);
  });
}

test('uplinkNasTransport survives its encoding', () => {
  const message = carriedUp(Uint8Array.of(0x2e, 5, 1, 0xd6, 0x1f));
  assert.deepEqual(decodeMm(encodeMm(message)), message);
});
