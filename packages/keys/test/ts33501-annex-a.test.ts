import assert from 'node:assert/strict';
import test from 'node:test';
import { nodeCryptoProvider } from '@mpquic/crypto';
import { concatBytes, toHex, UsageError, xorBytes } from '@mpquic/wire';
import {
  AccessType,
  type AlgorithmType,
  type DerivationStep,
  deriveAlgorithmKey,
  deriveATid,
  deriveCkIkPrime,
  deriveKAf,
  deriveKAkma,
  deriveKAmf,
  deriveKAmfPrime,
  deriveKAusf,
  deriveKey,
  deriveKGnb,
  deriveKNgRanStar,
  deriveKSeaf,
  deriveNextHop,
  deriveResStar,
  KAmfDirection,
  servingNetworkName,
} from '../src/index.ts';
import { hex, member, vectors } from './vectors.ts';

const crypto = nodeCryptoProvider;
const text = (octets: string): string => new TextDecoder().decode(hex(octets));

test('HMAC-SHA-256: RFC 4231 test case 2', () => {
  const { key, message, mac } = vectors.hmac_sha256;
  assert.equal(toHex(crypto.hmac('sha256', hex(key), hex(message))), mac);
});

for (const vector of vectors.kdf) {
  test(`TS 33.220 B.2 KDF: ${vector.id}`, () => {
    const step = deriveKey(crypto, {
      name: vector.id,
      clause: '',
      keyName: 'KEY',
      key: hex(vector.KEY),
      fc: Number.parseInt(vector.FC, 16),
      parameters: vector.P.map((p) => ({
        name: p.name,
        value: hex(p.hex),
        length: Number.parseInt(p.L, 16),
      })),
      take: vector.output_octets[0] === 16 ? 'last-128-bits' : 'all',
    });
    assert.equal(toHex(step.s), vector.S);
    assert.equal(toHex(step.value), vector.expected);
    assert.deepEqual(step.take, vector.output_octets);
  });
}

type Named = (key: Uint8Array, p: readonly string[]) => DerivationStep;
const halves = (key: Uint8Array, sqnXorAk: string) => ({
  ck: key.slice(0, 16),
  ik: key.slice(16),
  sqnXorAk: hex(sqnXorAk),
});
/** The functions of the hierarchy by FC, so that every vector of Annex A runs through its own. */
const named: { readonly [fc: string]: Named } = {
  '20': (key, [name, sqn]) =>
    deriveCkIkPrime(crypto, halves(key, sqn as string), text(name as string)),
  '6a': (key, [name, sqn]) => deriveKAusf(crypto, halves(key, sqn as string), text(name as string)),
  '6b': (key, [name, rand, res]) =>
    deriveResStar(
      crypto,
      key.slice(0, 16),
      key.slice(16),
      text(name as string),
      hex(rand as string),
      hex(res as string),
    ),
  '6c': (key, [name]) => deriveKSeaf(crypto, key, text(name as string)),
  '6d': (key, [supi, abba]) => deriveKAmf(crypto, key, text(supi as string), hex(abba as string)),
  '6e': (key, [count, access]) =>
    deriveKGnb(
      crypto,
      key,
      Number.parseInt(count as string, 16),
      Number.parseInt(access as string, 16) as AccessType,
    ),
  '69': (key, [type, algorithm]) =>
    deriveAlgorithmKey(
      crypto,
      key,
      Number.parseInt(type as string, 16) as AlgorithmType,
      Number.parseInt(algorithm as string, 16),
    ),
};

for (const vector of vectors.kdf.filter(({ FC }) => FC in named)) {
  test(`TS 33.501 Annex A: ${vector.id}`, () => {
    const derive = named[vector.FC] as Named;
    const step = derive(
      hex(vector.KEY),
      vector.P.map((p) => p.hex),
    );
    assert.equal(toHex(step.s), vector.S);
    // The vectors of A.8 print all 256 bits, of which an algorithm takes the last 128.
    assert.ok(vector.expected.endsWith(toHex(step.value)));
    assert.equal(step.value.length, vector.FC === '69' || vector.FC === '6b' ? 16 : 32);
  });
}

test('TS 33.401 K_ASME of EPS comes out of the same KDF', () => {
  const { CK, IK, plmn, SQN, AK, KASME } = vectors.kasme as { readonly [name: string]: string };
  const step = deriveKey(crypto, {
    name: 'K_ASME',
    clause: 'TS 33.401 A.2',
    keyName: 'CK || IK',
    key: concatBytes(hex(CK as string), hex(IK as string)),
    fc: 0x10,
    parameters: [
      { name: 'SN id', value: hex(plmn as string) },
      { name: 'SQN xor AK', value: xorBytes(hex(SQN as string), hex(AK as string)) },
    ],
  });
  assert.equal(toHex(step.value), KASME);
});

const samples = vectors.solution_samples as unknown;
const kAmf = hex(member(samples, 'inputs', 'K_AMF'));
const supi = member(samples, 'inputs', 'SUPI');

test("K_AMF' of A.13 for handover and idle mobility", () => {
  const handover = deriveKAmfPrime(crypto, kAmf, KAmfDirection.handover, 7);
  assert.equal(toHex(handover.s), member(samples, 'A13_KAMFprime_sample', 'S'));
  const values = 'A13_KAMFprime_sample';
  assert.equal(
    toHex(handover.value),
    member(samples, values, 'K_AMF_prime (handover, DL COUNT 7)'),
  );
  assert.equal(
    toHex(deriveKAmfPrime(crypto, kAmf, KAmfDirection.idleMobility, 7).value),
    member(samples, values, 'K_AMF_prime (idle, UL COUNT 7)'),
  );
});

test('AKMA keys', () => {
  const kAusf = hex(member(samples, 'A_K_AKMA_family', 'K_AUSF'));
  const kAkma = deriveKAkma(crypto, kAusf, supi);
  assert.equal(
    toHex(kAkma.value),
    member(samples, 'A_K_AKMA_family', 'K_AKMA FC80 P0=AKMA P1=SUPI'),
  );
  assert.equal(
    toHex(deriveATid(crypto, kAusf, supi).value),
    member(samples, 'A_K_AKMA_family', 'A-TID FC81 P0=A-TID P1=SUPI'),
  );
  const kAf = deriveKAf(crypto, kAkma.value, 'upf1.example', hex('0100000007'));
  assert.equal(toHex(kAf.s), `82${toHex(new TextEncoder().encode('upf1.example'))}01000000070011`);
  assert.throws(() => deriveKAf(crypto, kAkma.value, 'upf1.example', hex('01')), UsageError);
});

test('K_gNB and K_N3IWF of one COUNT differ', () => {
  const gnb = deriveKGnb(crypto, kAmf, 0);
  const n3iwf = deriveKGnb(crypto, kAmf, 0, AccessType.nonThreeGpp);
  assert.equal(toHex(gnb.value), member(samples, 'inputs', 'K_gNB'));
  assert.equal(n3iwf.name, 'K_N3IWF');
  assert.notDeepEqual(n3iwf.value, gnb.value);
});

test('NH and K_NG-RAN* have the S strings of A.10 to A.12', () => {
  const kGnb = deriveKGnb(crypto, kAmf, 0).value;
  const nextHop = deriveNextHop(crypto, kAmf, kGnb);
  assert.equal(toHex(nextHop.s), `6f${toHex(kGnb)}0020`);
  const cell = { physicalCellId: 0x123, downlinkFrequency: 0x0a0b0c };
  const gnb = deriveKNgRanStar(crypto, 'NH', nextHop.value, { ...cell, radio: 'gNB' });
  assert.equal(toHex(gnb.s), '70012300020a0b0c0003');
  const ngEnb = deriveKNgRanStar(crypto, 'K_gNB', kGnb, { ...cell, radio: 'ng-eNB' });
  assert.equal(toHex(ngEnb.s), '71012300020a0b0c0003');
});

test('the serving network name pads a 2-digit MNC', () => {
  assert.equal(servingNetworkName({ mcc: '001', mnc: '01' }), '5G:mnc001.mcc001.3gppnetwork.org');
  assert.equal(servingNetworkName({ mcc: '310', mnc: '410' }), '5G:mnc410.mcc310.3gppnetwork.org');
  for (const plmn of [
    { mcc: '01', mnc: '01' },
    { mcc: '001', mnc: '1' },
    { mcc: '001', mnc: 'ab' },
  ]) {
    assert.throws(() => servingNetworkName(plmn), UsageError);
  }
});

test('FC, parameters and COUNT outside their range are refused', () => {
  const input = { name: '', clause: '', keyName: '', key: kAmf, parameters: [] };
  for (const fc of [0xff, 0x100, 0xfeff, 0x10000, -1, 1.5]) {
    assert.throws(() => deriveKey(crypto, { ...input, fc }), UsageError);
  }
  assert.throws(
    () =>
      deriveKey(crypto, {
        ...input,
        fc: 0x69,
        parameters: [{ name: 'P0', value: new Uint8Array(65536) }],
      }),
    UsageError,
  );
  for (const count of [2 ** 24, -1, 0.5]) {
    assert.throws(() => deriveKGnb(crypto, kAmf, count), UsageError);
  }
});

test('strings are normalised to NFKC', () => {
  const step = deriveKSeaf(crypto, kAmf, '5G\uff1aa\u030a');
  assert.equal(toHex(step.s), `6c${toHex(new TextEncoder().encode('5G:\u00e5'))}0005`);
});

test('a SUPI is taken without its prefix, and must be one', () => {
  const plain = deriveKAmf(crypto, kAmf, supi);
  assert.deepEqual(deriveKAmf(crypto, kAmf, `imsi-${supi}`), plain);
  assert.equal(deriveKAmf(crypto, kAmf, 'nai-user@example.org').parameters.length, 2);
  for (const wrong of ['', 'imsi-', '1234', 'imsi-1234567890123456', 'imsi-12345a']) {
    assert.throws(() => deriveKAmf(crypto, kAmf, wrong), UsageError);
  }
});
