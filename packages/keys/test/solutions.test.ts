import assert from 'node:assert/strict';
import test from 'node:test';
import { nodeCryptoProvider } from '@mpquic/crypto';
import { toHex, UsageError } from '@mpquic/wire';
import fc from 'fast-check';
import {
  AccessType,
  type DerivationInputs,
  type DerivationStep,
  deliveryObstacle,
  deriveSolution,
  ExperimentalFunctionCode,
  findDelivery,
  findSolution,
  findVariant,
  importedPskContext,
  keyFromAmf,
  MissingInput,
  pskDeriver,
  type SolutionDerivation,
  solutionOfCode,
  solutions,
} from '../src/index.ts';
import { hex, member, vectors } from './vectors.ts';

const crypto = nodeCryptoProvider;
const samples = vectors.solution_samples as unknown;
const input = (name: string): string => member(samples, 'inputs', name);

const inputs: DerivationInputs = {
  keys: {
    K_AMF: hex(input('K_AMF')),
    K_SEAF: hex(input('K_SEAF')),
    K_gNB: hex(input('K_gNB')),
    PSK: hex(input('K_gNB')),
  },
  supi: input('SUPI'),
  pduSessionId: 5,
  ulNasCount: 7,
  accessType: AccessType.threeGpp,
  upfId: input('UPF_FQDN'),
  smfInstanceId: input('SMF_instance_ID'),
  ueIp: input('IPv4'),
  rand: hex(input('RAND')),
  kid: hex('01'),
};

function derive(id: string, variant?: string, changes: Partial<DerivationInputs> = {}) {
  return deriveSolution(crypto, findSolution(id), variant, { ...inputs, ...changes });
}

function step(result: SolutionDerivation, name: string): DerivationStep {
  return result.steps.find((one) => one.name === name) ?? assert.fail(`no step ${name}`);
}

/** Where each independently computed sample comes out. */
const sampleSteps: readonly (readonly [id: string, step: DerivationStep])[] = [
  ['s1.UPF_PSK(K_gNB)', step(derive('1'), 'UPF_PSK')],
  ['s1.UPF_PSK_ID(K_gNB)', step(derive('1'), 'UPF_PSK ID')],
  ['s2.PSK(K_AMF,PSI)', step(derive('2'), 'PSK')],
  ['s4.K_UPF', step(derive('4'), 'K_UPF')],
  ['s4.KID', step(derive('4'), 'KID')],
  ['s5.K_SMF(COUNT=0)', step(derive('5', 'literal'), 'K_SMF')],
  ['s5.K_UPF(COUNT=0)', step(derive('5', 'literal'), 'K_UPF')],
  ['s5.KeyID(L0=000a)', step(derive('5', 'literal'), 'Key ID')],
  ['s6.Key', step(derive('6'), 'Key')],
  ['s6.KID (testbed choice)', step(derive('6'), 'KID')],
];

for (const sample of vectors.solution_samples.values) {
  test(`sample of an independent computation: ${sample.id}`, () => {
    const found = sampleSteps.find(([id]) => id === sample.id) ?? assert.fail('sample not mapped');
    const [, { s, fc: code, value }] = found;
    if (sample.S !== undefined) assert.equal(toHex(s), sample.S);
    if (sample.FC !== undefined) assert.equal(toHex(code), sample.FC);
    assert.equal(toHex(value), sample.value);
  });
}

test('every step can be repeated from its key, S and the octets taken', () => {
  for (const solution of solutions) {
    for (const variant of solution.variants) {
      const { steps, psk } = deriveSolution(crypto, solution, variant.name, inputs);
      for (const { formula, key, s, take, value, name } of steps) {
        if (formula !== 'KDF') continue;
        const expected = crypto.hmac('sha256', key, s).slice(...take);
        assert.deepEqual(value, expected, `${solution.id} ${variant.name} ${name}`);
      }
      assert.equal(psk.length, 32);
    }
  }
});

test('variants are named as the command line names them, the default first', () => {
  const session = [
    'k-amf-psi',
    'k-amf-ip',
    'k-seaf-psi',
    'k-seaf-ip',
    'k-smf-psi',
    'k-smf-ip',
    'k-smf-seaf-psi',
    'k-smf-seaf-ip',
  ];
  const names = new Map(solutions.map(({ id, variants }) => [id, variants.map((v) => v.name)]));
  assert.deepEqual(
    [...names],
    [
      ['1', ['k-gnb', 'k-gnb-upf', 'k-amf', 'k-amf-upf']],
      ['2', session],
      ['3', session],
      ['4', ['stored-count', 'access-bound']],
      [
        '5',
        ['fresh', 'literal', 'literal-l0-0005', 'literal-truncated-p0', 'literal-one-octet-count'],
      ],
      ['6', ['push-key', 'push-rand']],
      ['Y', ['per-ue-per-upf', 'per-ue', 'group']],
    ],
  );
});

test('readings of one text that differ: every variant of #1 to #5 gives another key or KID', () => {
  for (const id of ['1', '2', '4', '5']) {
    const results = findSolution(id).variants.map(({ name }) => {
      const { psk, kid } = derive(id, name);
      return toHex(psk) + toHex(kid);
    });
    assert.equal(new Set(results).size, results.length, id);
  }
  assert.deepEqual(derive('3', 'k-smf-ip').psk, derive('2', 'k-smf-ip').psk);
});

test('an SMF that holds K_SMF only derives the same PSK', () => {
  for (const id of ['2', '3', '5']) {
    const solution = findSolution(id);
    for (const variant of solution.variants.filter((v) => v.intermediateKey)) {
      const whole = derive(id, variant.name);
      const kSmf = solution.deriveIntermediate?.(crypto, variant, inputs).value;
      assert.ok(kSmf !== undefined);
      const { smfInstanceId: _, ...rest } = inputs;
      const part = deriveSolution(crypto, solution, variant.name, {
        ...rest,
        keys: { K_SMF: kSmf },
      });
      assert.deepEqual([part.psk, part.kid], [whole.psk, whole.kid]);
      assert.equal(part.steps.length, whole.steps.length - 1);
    }
  }
});

test('what is missing is named', () => {
  for (const solution of solutions) {
    for (const variant of solution.variants) {
      const run = (changed: DerivationInputs) => () =>
        deriveSolution(crypto, solution, variant.name, changed);
      const named = (name: string) => (error: unknown) =>
        error instanceof MissingInput && error.input === name && error.message.length > 10;
      assert.throws(run({ ...inputs, keys: {} }), named(variant.rootKey));
      for (const name of variant.inputs) {
        const { [name]: _, ...rest } = inputs;
        assert.throws(run(rest), named(name));
      }
    }
  }
});

test('inputs of wrong length or range are refused', () => {
  const wrong: readonly (readonly [string, string | undefined, Partial<DerivationInputs>])[] = [
    ['4', undefined, { pduSessionId: 0 }],
    ['4', undefined, { pduSessionId: 16 }],
    ['5', undefined, { pduSessionId: 1.5 }],
    ['4', undefined, { ulNasCount: 2 ** 24 }],
    ['4', undefined, { keys: { K_AMF: new Uint8Array(16) } }],
    ['2', 'k-amf-ip', { ueIp: '10.45.0' }],
    ['2', 'k-amf-ip', { ueIp: '10.45.0.256' }],
    ['2', 'k-amf-ip', { ueIp: '::1::' }],
    ['2', 'k-smf-psi', { smfInstanceId: 'smf1' }],
    ['6', undefined, { rand: new Uint8Array(15) }],
    ['4', undefined, { supi: 'imsi-12' }],
    ['Y', undefined, { kid: new Uint8Array() }],
  ];
  for (const [id, variant, changes] of wrong) {
    assert.throws(() => derive(id, variant, changes), UsageError, JSON.stringify(changes));
  }
  assert.throws(() => findSolution('7'), /1, 2, 3, 4, 5, 6, Y/);
  assert.throws(() => derive('4', 'k-gnb'), /stored-count, access-bound/);
});

test('an IPv6 session address goes in as 16 octets', () => {
  const s = (ueIp: string): string => toHex(step(derive('2', 'k-amf-ip', { ueIp }), 'PSK').s);
  assert.match(s('2001:db8::5'), /^fff320010db80000000000000000000000050010/);
  assert.match(s('::ffff:10.45.0.5'), /^fff300000000000000000000ffff0a2d00050010/);
  assert.match(s('10.45.0.5'), /^fff30a2d00050004/);
});

test('experimental FCs are of the two-octet space', () => {
  const codes = Object.values(ExperimentalFunctionCode);
  assert.ok(codes.every((code) => code > 0xff00));
  assert.equal(new Set(codes).size, codes.length);
});

test('a solution is found by its id and by the octet that names it in containers', () => {
  for (const solution of solutions) {
    assert.equal(findSolution(solution.id.toLowerCase()), solution);
    assert.equal(solutionOfCode(solution.code), solution);
    assert.equal(findVariant(solution), solution.variants[0]);
    assert.ok(solution.choices.length > 0);
  }
  assert.equal(solutionOfCode(0), undefined);
});

test('every variant has a way to the UPF, and what each function gets follows from it', () => {
  for (const solution of solutions) {
    for (const variant of solution.variants) {
      const delivery = findDelivery(solution, variant);
      assert.equal(deliveryObstacle(variant, delivery), undefined);
    }
  }
  const maker = (id: string, name: string): string => {
    const solution = findSolution(id);
    const variant = findVariant(solution, name);
    return pskDeriver(variant, findDelivery(solution, variant));
  };
  assert.equal(maker('1', 'k-gnb'), 'AMF');
  assert.equal(maker('2', 'k-amf-psi'), 'AMF');
  assert.equal(maker('3', 'k-smf-ip'), 'SMF');
  assert.equal(maker('5', 'fresh'), 'SMF');
  assert.equal(maker('6', 'push-rand'), 'AMF');
  assert.equal(maker('Y', 'group'), 'operator');
});

test('impossible combinations of Solution #3 are refused with their reason', () => {
  const solution = findSolution('3');
  const find = (variant: string, delivery: string) => () =>
    findDelivery(solution, findVariant(solution, variant), delivery);
  assert.throws(
    find('k-amf-ip', 'amf-psk-at-2+n4-modification-at-13'),
    /no IP address before step 5/,
  );
  assert.throws(find('k-smf-ip', 'amf-root-at-2+n4-establishment-at-5'), /the UPF allocates/);
  assert.throws(find('k-amf-psi', 'amf-root-at-2+n4-modification-at-13'), /must not leave the AMF/);
  assert.throws(find('k-amf-psi', 'smf-request-at-6+n4-establishment-at-5'), /after the N4/);
  assert.throws(find('k-amf-psi', 'by-mail'), /has no delivery/);
  const variant = findVariant(solution, 'k-smf-psi');
  const atTwo = findDelivery(solution, variant, 'amf-psk-at-2+n4-establishment-at-5');
  assert.equal(keyFromAmf(variant, atTwo), 'psk');
  const root = findDelivery(solution, variant, 'amf-root-at-2+n4-establishment-at-5');
  assert.equal(keyFromAmf(variant, root), 'K_SMF');
});

test('the context of an imported PSK binds solution, session, UPF and roles, and holds no SUPI', () => {
  const base = { solutionCode: 4, pduSessionId: 5, upfId: 'UPF1.example' };
  const context = importedPskContext(base);
  assert.equal(
    toHex(context),
    `0104050c${toHex(new TextEncoder().encode('upf1.example'))}14${toHex(
      new TextEncoder().encode('client=UE server=UPF'),
    )}`,
  );
  for (const other of [
    { ...base, solutionCode: 5 },
    { ...base, pduSessionId: 6 },
    { ...base, upfId: 'upf2.example' },
  ]) {
    assert.notDeepEqual(importedPskContext(other), context);
  }
});

test('any identity and addresses of a UE give a KID that a ClientHello can carry', () => {
  fc.assert(
    fc.property(
      fc.stringMatching(/^\d{5,15}$/),
      fc.integer({ min: 1, max: 15 }),
      fc.integer({ min: 0, max: 2 ** 24 - 1 }),
      (supi, pduSessionId, ulNasCount) => {
        for (const { id } of solutions) {
          const { psk, kid } = derive(id, undefined, { supi, pduSessionId, ulNasCount });
          assert.ok(psk.length === 32 && kid.length >= 1 && kid.length <= 33);
        }
      },
    ),
    { numRuns: 20 },
  );
});
