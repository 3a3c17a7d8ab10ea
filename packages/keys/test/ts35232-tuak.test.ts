import assert from 'node:assert/strict';
import test from 'node:test';
import { toHex } from '@mpquic/wire';
import { keccakP } from '@noble/hashes/sha3.js';
import { deriveTopc, type TuakLengths, tuak } from '../src/index.ts';
import { hex, vectors } from './vectors.ts';

for (const { id, in: input, out } of vectors.tuak_TS35232.keccak_f1600) {
  test(`Keccak-f[1600]: ${id}`, () => {
    const state = new Uint32Array(hex(input).buffer);
    keccakP(state);
    assert.equal(toHex(new Uint8Array(state.buffer)), out);
  });
}

for (const set of vectors.tuak_TS35232.sets) {
  test(`TUAK: ${set.id}`, () => {
    const lengths: TuakLengths = {
      mac: ((set.LEN_MAC ?? 64) / 8) as TuakLengths['mac'],
      res: ((set.LEN_RES ?? 64) / 8) as TuakLengths['res'],
      ck: ((set.LEN_CK ?? 128) / 8) as TuakLengths['ck'],
      ik: ((set.LEN_IK ?? 128) / 8) as TuakLengths['ik'],
      iterations: set.keccakIterations,
    };
    const topc = deriveTopc(hex(set.K), hex(set.TOP), lengths.iterations);
    assert.equal(toHex(topc), set.TOPc);
    const functions = tuak(hex(set.K), topc, lengths);
    const rand = hex(set.RAND);
    if (set.f1 !== undefined) {
      assert.equal(toHex(functions.f1(rand, hex(set.SQN), hex(set.AMF))), set.f1);
      assert.equal(toHex(functions.f1Star(rand, hex(set.SQN), hex(set.AMF))), set.f1star);
    } else {
      const { res, ck, ik, ak } = functions.f2345(rand);
      assert.deepEqual([res, ck, ik, ak, functions.f5Star(rand)].map(toHex), [
        set.f2_RES,
        set.f3_CK,
        set.f4_IK,
        set.f5_AK,
        set.f5star_AK,
      ]);
    }
  });
}
