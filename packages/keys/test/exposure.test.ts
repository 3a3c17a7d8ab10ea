/** The exposure matrix: who knows the PSK, from the keys that each function gets by the solution's tables. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { nodeCryptoProvider } from '@mpquic/crypto';
import {
  type DerivationInputs,
  deriveKGnb,
  deriveSolution,
  findDelivery,
  findSolution,
  findVariant,
  type HeldKey,
  keyFromAmf,
  type PskKnowledge,
  pskKnowledge,
} from '../src/index.ts';
import { hex, member, vectors } from './vectors.ts';

const crypto = nodeCryptoProvider;
const samples = vectors.solution_samples as unknown;
const input = (name: string): string => member(samples, 'inputs', name);
const kAusf = vectors.kdf.find(({ id }) => id === 'chain_K_AUSF')?.expected ?? '';
const kAmf = hex(input('K_AMF'));
const kGnb = deriveKGnb(crypto, kAmf, 9).value;

const inputs: DerivationInputs = {
  keys: { K_AMF: kAmf, K_SEAF: hex(input('K_SEAF')), K_gNB: kGnb, PSK: new Uint8Array(32).fill(5) },
  supi: input('SUPI'),
  pduSessionId: 5,
  ulNasCount: 7,
  accessType: 1,
  upfId: input('UPF_FQDN'),
  smfInstanceId: input('SMF_instance_ID'),
  ueIp: input('IPv4'),
  rand: hex(input('RAND')),
  kid: hex('01'),
};

/** Keys of each function after a session was set up, as the tables say who gets what. */
function knowledge(id: string, variantName: string): Record<string, PskKnowledge> {
  const solution = findSolution(id);
  const variant = findVariant(solution, variantName);
  const delivery = findDelivery(solution, variant);
  const { psk } = deriveSolution(crypto, solution, variant.name, inputs);
  const pskKey: HeldKey = { name: 'PSK', value: psk };
  const given = keyFromAmf(variant, delivery);
  const intermediate = solution.deriveIntermediate?.(crypto, variant, inputs).value;
  const root: HeldKey = { name: 'K_AMF', value: kAmf };
  const holdings: Record<string, readonly HeldKey[]> = {
    AUSF: [{ name: 'K_AUSF', value: hex(kAusf) }],
    AMF: given === 'psk' ? [root, pskKey] : [root],
    SMF:
      given === 'psk'
        ? [pskKey]
        : given === 'K_SMF' && intermediate !== undefined
          ? [{ name: 'K_SMF', value: intermediate }, pskKey]
          : [],
    UPF: [pskKey],
    gNB: [{ name: 'K_gNB', value: kGnb }],
    N3IWF: [{ name: 'K_N3IWF', value: deriveKGnb(crypto, kAmf, 9, 2).value }],
  };
  const { keys: _, ...known } = inputs;
  const facts = {
    solution,
    variant,
    psk,
    servingNetworkName: '5G:mnc001.mcc001.3gppnetwork.org',
    inputs: known,
  };
  return Object.fromEntries(
    Object.entries(holdings).map(([who, keys]) => [who, pskKnowledge(crypto, facts, keys)]),
  );
}

const holds = 'holds';
const can = 'can_compute';
const none = 'none';
const rows: readonly (readonly [string, string, string, string, string, string, string])[] = [
  // solution, variant, AUSF, AMF, SMF, gNB, N3IWF
  ['1', 'k-gnb', can, holds, holds, can, none],
  ['1', 'k-amf', can, holds, holds, none, none],
  ['2', 'k-amf-psi', can, holds, holds, none, none],
  ['2', 'k-seaf-psi', can, holds, holds, none, none],
  ['2', 'k-smf-psi', can, can, holds, none, none],
  ['3', 'k-smf-ip', can, can, holds, none, none],
  ['4', 'stored-count', can, holds, holds, none, none],
  ['5', 'fresh', can, can, holds, none, none],
  ['6', 'push-key', can, holds, holds, none, none],
  ['Y', 'group', none, none, none, none, none],
];

for (const [id, variant, ausf, amf, smf, gnb, n3iwf] of rows) {
  test(`exposure: solution ${id} ${variant}`, () => {
    assert.deepEqual(knowledge(id, variant), {
      AUSF: ausf,
      AMF: amf,
      SMF: smf,
      UPF: holds,
      gNB: gnb,
      N3IWF: n3iwf,
    });
  });
}

test('a wrong key of the right name, or one of another name, knows nothing', () => {
  const solution = findSolution('4');
  const variant = findVariant(solution);
  const { psk } = deriveSolution(crypto, solution, variant.name, inputs);
  const { keys: _, ...known } = inputs;
  const facts = { solution, variant, psk, servingNetworkName: '', inputs: known };
  const wrong = kAmf.map((octet) => octet ^ 1);
  assert.equal(pskKnowledge(crypto, facts, [{ name: 'K_AMF', value: wrong }]), none);
  assert.equal(pskKnowledge(crypto, facts, [{ name: 'K_NASenc', value: kAmf }]), none);
  assert.equal(pskKnowledge(crypto, facts, []), none);
});
