import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHeaderProtection, type HeaderProtection } from '../src/header-protection.ts';
import { NodePacketSealer } from '../src/packet-sealer.ts';
import { SEAL_ROW_LENGTH } from '../src/provider.ts';

test('the header masks of a run are made by one call', () => {
  const real = createHeaderProtection('aes-128-gcm', new Uint8Array(16));
  const calls: number[] = [];
  const counting: HeaderProtection = {
    stride: real.stride,
    masks: (samples) => {
      calls.push(samples.length);
      return real.masks(samples);
    },
    share: () => counting,
    release: () => real.release(),
  };
  const keys = { aead: 'aes-128-gcm', key: new Uint8Array(16), iv: new Uint8Array(12) } as const;
  const sealer = new NodePacketSealer(keys, counting);
  const count = 20;
  const table = new Int32Array(SEAL_ROW_LENGTH * count);
  for (let i = 0; i < count; i++) table.set([100 * i, 11, 2, 30, 0, i, 0], i * SEAL_ROW_LENGTH);
  sealer.seal(new Uint8Array(100 * count), table, count);
  assert.deepEqual(calls, [16 * count]);
  sealer.dispose();
});
