import assert from 'node:assert/strict';
import test from 'node:test';
import { nodeCryptoProvider } from '@mpquic/crypto';
import { toHex } from '@mpquic/wire';
import { deriveOpc, milenage } from '../src/index.ts';
import { hex, vectors } from './vectors.ts';

const crypto = nodeCryptoProvider;

for (const set of [
  ...vectors.milenage_TS35208_conformance.sets,
  ...vectors.milenage_TS35207_implementors.sets,
]) {
  test(`MILENAGE: ${set.id}`, () => {
    const opc = deriveOpc(crypto, hex(set.K), hex(set.OP));
    assert.equal(toHex(opc), set.OPc);
    const functions = milenage(crypto, hex(set.K), opc);
    const rand = hex(set.RAND);
    const { res, ck, ik, ak } = functions.f2345(rand);
    assert.equal(toHex(functions.f1(rand, hex(set.SQN), hex(set.AMF))), set.f1);
    assert.equal(toHex(functions.f1Star(rand, hex(set.SQN), hex(set.AMF))), set.f1star);
    assert.equal(toHex(res), set.f2_RES);
    assert.equal(toHex(ck), set.f3_CK);
    assert.equal(toHex(ik), set.f4_IK);
    assert.equal(toHex(ak), set.f5_AK);
    assert.equal(toHex(functions.f5Star(rand)), set.f5star_AK);
  });
}
