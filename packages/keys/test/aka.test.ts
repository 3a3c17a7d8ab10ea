import assert from 'node:assert/strict';
import test from 'node:test';
import { nodeCryptoProvider } from '@mpquic/crypto';
import { fromHex, toHex } from '@mpquic/wire';
import fc from 'fast-check';
import {
  AuthenticationFailure,
  answerChallenge,
  deriveKAmf,
  deriveKAusf,
  deriveKSeaf,
  generateAuthenticationVector,
  milenage,
  nextSqn,
  resynchronisationToken,
  SqnWindow,
  sqnFromOctets,
  sqnToOctets,
  verifyResynchronisation,
} from '../src/index.ts';
import { hex, member, vectors } from './vectors.ts';

const crypto = nodeCryptoProvider;
const set = vectors.fiveg_aka_wmnsk;
const functions = milenage(crypto, hex(member(set, 'K')), hex(member(set, 'OPc')));
const rand = hex(member(set, 'RAND'));
const name = member(set, 'servingNetworkName');

/** The failure that a challenge ends with. */
function refusal(run: () => unknown): AuthenticationFailure {
  try {
    run();
  } catch (error) {
    if (error instanceof AuthenticationFailure) return error;
    throw error;
  }
  return assert.fail('the challenge was accepted');
}

test('a published vector: AUTN, RES*, HXRES*, AUTS', () => {
  const vector = generateAuthenticationVector(crypto, functions, 1, rand, name);
  assert.equal(toHex(vector.autn), member(set, 'AUTN'));
  assert.equal(toHex(vector.xresStar), member(set, 'RESstar'));
  assert.equal(toHex(vector.hxresStar), member(set, 'HXRESstar', 'value'));
  assert.equal(toHex(resynchronisationToken(functions, rand, 1)), member(set, 'AUTS'));
  assert.equal(verifyResynchronisation(crypto, functions, rand, hex(member(set, 'AUTS'))), 1);
});

test('a second published vector', () => {
  const base = vectors.milenage_TS35207_implementors.sets.find((s) => s.id === 'TS35.207-set-1');
  assert.ok(base !== undefined);
  const expected = (vectors as unknown as { readonly [name: string]: unknown })[
    'fiveg_aka_wmnsk_TS35207_1'
  ];
  const aka = milenage(crypto, hex(base.K), hex(base.OPc));
  const sqn = sqnFromOctets(hex(base.SQN));
  const vector = generateAuthenticationVector(
    crypto,
    aka,
    sqn,
    hex(base.RAND),
    member(expected, 'servingNetworkName'),
    hex(base.AMF),
  );
  assert.equal(toHex(vector.autn), member(expected, 'AUTN'));
  assert.equal(toHex(vector.xresStar), member(expected, 'RESstar'));
  assert.equal(toHex(resynchronisationToken(aka, hex(base.RAND), sqn)), member(expected, 'AUTS'));
});

test('the chain down to K_AMF with the padded MNC', () => {
  const vector = generateAuthenticationVector(crypto, functions, 1, rand, name);
  const kSeaf = deriveKSeaf(crypto, vector.kAusf, name).value;
  const chain = 'correct_chain_with_mnc001_computed (not published)';
  assert.equal(toHex(vector.kAusf), member(set, chain, 'K_AUSF'));
  assert.equal(toHex(kSeaf), member(set, chain, 'K_SEAF'));
  assert.equal(
    toHex(deriveKAmf(crypto, kSeaf, '001010123456789').value),
    member(set, chain, 'K_AMF_supi_001010123456789_abba_0000'),
  );
});

test('negative vector: a published chain that forgot to pad its 2-digit MNC is not ours', () => {
  const trap = 'TRAP_published_chain_with_2digit_MNC';
  const published = member(set, trap, 'K_AUSF', 'value');
  const { ck, ik, ak } = functions.f2345(rand);
  const sqnXorAk = hex(member(set, 'SQN')).map((octet, i) => octet ^ (ak[i] as number));
  const unpadded = member(set, trap, 'servingNetworkName_actually_used');
  const wrong = deriveKAusf(crypto, { ck, ik, sqnXorAk }, unpadded);
  assert.equal(toHex(wrong.value), published);
  assert.equal(
    toHex(deriveKSeaf(crypto, wrong.value, unpadded).value),
    member(set, trap, 'K_SEAF', 'value'),
  );
  assert.notEqual(
    toHex(generateAuthenticationVector(crypto, functions, 1, rand, name).kAusf),
    published,
  );
});

test('UE and network reach the same K_AUSF, for any key and RAND', () => {
  const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
  fc.assert(
    fc.property(octets(16), octets(16), octets(16), (k, opc, challenge) => {
      const aka = milenage(crypto, k, opc);
      const vector = generateAuthenticationVector(crypto, aka, 32, challenge, name);
      const answer = answerChallenge(crypto, aka, new SqnWindow(), challenge, vector.autn, name);
      assert.deepEqual(answer.resStar, vector.xresStar);
      assert.deepEqual(answer.kAusf, vector.kAusf);
      assert.deepEqual(
        answer.steps.map((step) => step.name),
        ['RES*', 'K_AUSF'],
      );
    }),
    { numRuns: 25 },
  );
});

test('a replayed challenge is refused with an AUTS that brings the network back', () => {
  const window = new SqnWindow();
  const first = generateAuthenticationVector(crypto, functions, nextSqn(32 * 50), rand, name);
  answerChallenge(crypto, functions, window, rand, first.autn, name);
  const failure = refusal(() => answerChallenge(crypto, functions, window, rand, first.autn, name));
  assert.equal(failure.cause, 'synch_failure');
  assert.ok(failure.auts !== undefined);
  const sqnMs = verifyResynchronisation(crypto, functions, rand, failure.auts);
  assert.equal(sqnMs, nextSqn(32 * 50));
  const next = generateAuthenticationVector(crypto, functions, nextSqn(sqnMs), rand, name);
  answerChallenge(crypto, functions, window, rand, next.autn, name);
});

test('every changed octet of AUTN is a MAC failure', () => {
  const { autn } = generateAuthenticationVector(crypto, functions, 33, rand, name);
  for (let i = 0; i < autn.length; i++) {
    const changed = autn.map((octet, at) => (at === i ? octet ^ 1 : octet));
    const failure = refusal(() =>
      answerChallenge(crypto, functions, new SqnWindow(), rand, changed, name),
    );
    assert.equal(failure.cause, 'mac_failure');
    assert.equal(failure.auts, undefined);
  }
});

test('AUTN or AUTS of a wrong length is a MAC failure', () => {
  for (const length of [0, 6, 15, 17]) {
    const failure = refusal(() =>
      answerChallenge(crypto, functions, new SqnWindow(), rand, new Uint8Array(length), name),
    );
    assert.equal(failure.cause, 'mac_failure');
    assert.equal(
      refusal(() => verifyResynchronisation(crypto, functions, rand, new Uint8Array(length))).cause,
      'mac_failure',
    );
  }
});

test('a forged AUTS is refused', () => {
  const auts = resynchronisationToken(functions, rand, 77);
  auts[13] = (auts[13] as number) ^ 1;
  assert.equal(
    refusal(() => verifyResynchronisation(crypto, functions, rand, auts)).cause,
    'mac_failure',
  );
});

test('an AUTN without the separation bit is no 5G authentication', () => {
  const { autn } = generateAuthenticationVector(crypto, functions, 33, rand, name, fromHex('0000'));
  const failure = refusal(() =>
    answerChallenge(crypto, functions, new SqnWindow(), rand, autn, name),
  );
  assert.equal(failure.cause, 'non_5g_authentication');
});

test('the USIM takes challenges out of order, each once, and no jump above the limit', () => {
  const window = new SqnWindow();
  const a = nextSqn(32 * 100);
  const b = nextSqn(a);
  assert.equal(window.accept(b), true);
  assert.equal(window.accept(a), true, 'older, but of another IND');
  assert.equal(window.accept(a), false);
  assert.equal(window.accept(b), false);
  assert.equal(window.highest, b);
  assert.equal(window.accept(b + 32 * (2 ** 28 + 2)), false);
  assert.equal(window.accept(b + 32 * 2 ** 27), true);
});

test('SQN as octets and back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 48 - 1 }), (sqn) => {
      assert.equal(sqnFromOctets(sqnToOctets(sqn)), sqn);
    }),
  );
  assert.throws(() => sqnToOctets(2 ** 48));
  assert.equal(nextSqn(31), 32, 'IND wraps, SEQ grows');
  assert.equal(nextSqn(32), 65);
});
