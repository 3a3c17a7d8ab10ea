/** The freshness matrix: is the PSK new after an event, per solution? Expected results of the study's texts. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { nodeCryptoProvider } from '@mpquic/crypto';
import { equalBytes } from '@mpquic/wire';
import {
  AccessType,
  type DerivationInputs,
  deriveKAmfPrime,
  deriveKGnb,
  deriveKNgRanStar,
  deriveSolution,
  findSolution,
  KAmfDirection,
} from '../src/index.ts';
import { hex, member, vectors } from './vectors.ts';

const crypto = nodeCryptoProvider;
const samples = vectors.solution_samples as unknown;
const kAmf = hex(member(samples, 'inputs', 'K_AMF'));

/** Everything that a session's PSK can depend on, as UE and AMF hold it. */
interface Situation {
  readonly kAmf: Uint8Array;
  /** COUNT of the transition to CM-CONNECTED. */
  readonly connectedCount: number;
  /** COUNT of the message with the request. */
  readonly requestCount: number;
  readonly accessType: AccessType;
  readonly ueIp: string;
  readonly rand: Uint8Array;
}

const before: Situation = {
  kAmf,
  connectedCount: 3,
  requestCount: 4,
  accessType: AccessType.threeGpp,
  ueIp: '10.45.0.5',
  rand: new Uint8Array(16).fill(1),
};

const kGnbOf = (situation: Situation): Uint8Array =>
  deriveKGnb(crypto, situation.kAmf, situation.connectedCount, situation.accessType).value;

function inputsOf(situation: Situation, kGnb: Uint8Array = kGnbOf(situation)): DerivationInputs {
  return {
    keys: {
      K_AMF: situation.kAmf,
      K_SEAF: hex(member(samples, 'inputs', 'K_SEAF')),
      // Over non-3GPP access the node's key is K_N3IWF.
      K_gNB: kGnb,
      PSK: kAmf,
    },
    supi: '001010123456789',
    pduSessionId: 5,
    ulNasCount: situation.requestCount,
    accessType: situation.accessType,
    upfId: 'upf1.example',
    smfInstanceId: member(samples, 'inputs', 'SMF_instance_ID'),
    ueIp: situation.ueIp,
    rand: situation.rand,
    kid: hex('01'),
  };
}

function psk(id: string, variant: string, inputs: DerivationInputs): Uint8Array {
  return deriveSolution(crypto, findSolution(id), variant, inputs).psk;
}

const rows = [
  ['1', 'k-gnb'],
  ['1', 'k-amf'],
  ['2', 'k-amf-psi'],
  ['3', 'k-amf-psi'],
  ['2', 'k-amf-ip'],
  ['3', 'k-amf-ip'],
  ['4', 'stored-count'],
  ['4', 'access-bound'],
  ['5', 'literal'],
  ['5', 'fresh'],
  ['6', 'push-key'],
  ['Y', 'per-ue-per-upf'],
] as const;

type Answer = 'new' | 'same';
interface Event {
  readonly name: string;
  readonly after: Situation;
  /** In the order of `rows`. */
  readonly expected: readonly Answer[];
}

const anotherRand = new Uint8Array(16).fill(2);
const events: readonly Event[] = [
  {
    name: 're-established with the same PDU session ID, K_AMF and IP address',
    after: { ...before, requestCount: 9, rand: anotherRand },
    // biome-ignore format: one column a row of the table
    expected: ['new', 'new', 'same', 'same', 'same', 'same', 'new', 'new', 'same', 'new', 'new', 'same'],
  },
  {
    name: 're-established with another IP address',
    after: { ...before, requestCount: 9, ueIp: '10.45.0.6', rand: anotherRand },
    // biome-ignore format: one column a row of the table
    expected: ['new', 'new', 'same', 'same', 'new', 'new', 'new', 'new', 'same', 'new', 'new', 'same'],
  },
  {
    name: 'the same PDU session ID and COUNT over the other access',
    after: { ...before, accessType: AccessType.nonThreeGpp, rand: anotherRand },
    // biome-ignore format: one column a row of the table
    expected: ['new', 'same', 'same', 'same', 'same', 'same', 'same', 'new', 'same', 'same', 'new', 'same'],
  },
  {
    name: 'CM-IDLE to CM-CONNECTED, then derived again',
    after: { ...before, connectedCount: 8, requestCount: 8, rand: anotherRand },
    // biome-ignore format: one column a row of the table
    expected: ['new', 'new', 'same', 'same', 'same', 'same', 'new', 'new', 'same', 'new', 'new', 'same'],
  },
  {
    name: "K_AMF changed to K_AMF' and COUNTs at 0, then derived again",
    after: {
      ...before,
      kAmf: deriveKAmfPrime(crypto, kAmf, KAmfDirection.handover, 2).value,
      connectedCount: 0,
      requestCount: 0,
      rand: anotherRand,
    },
    // biome-ignore format: one column a row of the table
    expected: ['new', 'new', 'new', 'new', 'new', 'new', 'new', 'new', 'new', 'new', 'new', 'same'],
  },
];

for (const { name, after, expected } of events) {
  test(`freshness: ${name}`, () => {
    const found = rows.map(([id, variant]): Answer => {
      const old = psk(id, variant, inputsOf(before));
      return equalBytes(old, psk(id, variant, inputsOf(after))) ? 'same' : 'new';
    });
    assert.deepEqual(found, expected);
  });
}

test('after an Xn handover UE and AMF derive different keys with Solution #1 from K_gNB only', () => {
  const atAmf = inputsOf(before);
  const cell = { physicalCellId: 7, downlinkFrequency: 632628, radio: 'gNB' } as const;
  const atUe = inputsOf(before, deriveKNgRanStar(crypto, 'K_gNB', kGnbOf(before), cell).value);
  const mismatch = rows.filter(
    ([id, variant]) => !equalBytes(psk(id, variant, atUe), psk(id, variant, atAmf)),
  );
  assert.deepEqual(mismatch, [['1', 'k-gnb']]);
});

test('Key ID of Solution #5 is the same for two sessions under one K_SMF, their keys are not', () => {
  const two = [5, 6].map((pduSessionId) =>
    deriveSolution(crypto, findSolution('5'), 'literal', { ...inputsOf(before), pduSessionId }),
  );
  assert.deepEqual(two[0]?.kid, two[1]?.kid);
  assert.notDeepEqual(two[0]?.psk, two[1]?.psk);
});

test('two SMFs: only K_SMF bound to the SMF instance tells them apart', () => {
  const other = { ...inputsOf(before), smfInstanceId: '00000000-0000-4000-8000-000000000002' };
  const differs = (id: string, variant: string): boolean =>
    !equalBytes(psk(id, variant, other), psk(id, variant, inputsOf(before)));
  assert.equal(differs('2', 'k-amf-psi'), false);
  assert.equal(differs('2', 'k-smf-psi'), true);
  assert.equal(differs('2', 'k-smf-seaf-psi'), true);
  assert.equal(differs('5', 'literal'), false, 'every SMF gets the same K_SMF');
});
