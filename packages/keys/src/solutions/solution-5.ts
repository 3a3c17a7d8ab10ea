/** Solution #5: two layers, K_SMF and K_UPF, by TS 33.501 A.13, and a Key ID by TS 33.535 A.3. */
import { UsageError, utf8 } from '@mpquic/wire';
import { type DerivationStep, deriveKey, integerParameter, type KdfParameter } from '../kdf.ts';
import type { KeyCrypto } from '../key-crypto.ts';
import {
  checkPduSessionId,
  type DerivationInputs,
  inputParameters,
  keyOf,
} from './derivation-inputs.ts';
import type { Solution, SolutionVariant } from './solution.ts';

/** A.13's DIRECTION: 0x02 is what the study adds for K_SMF, 0x01 what it takes for K_UPF. */
const DIRECTION_K_SMF = 0x02;
const DIRECTION_K_UPF = 0x01;
const KEY_ID_LABEL = 'UPF Key ID';

function literal(name: string, description: string, trap: boolean): SolutionVariant {
  return {
    name,
    description,
    rootKey: 'K_AMF',
    intermediateKey: 'K_SMF',
    inputs: ['supi', 'pduSessionId'],
    ueParameters: [],
    trap,
  };
}

export const solution5: Solution = {
  id: '5',
  code: 5,
  clause: '6.5',
  title: 'two layer PSK generation method',
  variants: [
    {
      name: 'fresh',
      description: 'COUNT of K_SMF is the uplink NAS COUNT of the request',
      rootKey: 'K_AMF',
      intermediateKey: 'K_SMF',
      inputs: ['supi', 'pduSessionId', 'ulNasCount'],
      ueParameters: [],
    },
    literal('literal', 'COUNT of K_SMF is 0: the study gives none', false),
    literal('literal-l0-0005', 'as literal, with the L0 = 0005 that the study prints', true),
    literal('literal-truncated-p0', 'as literal, with P0 cut to the 5 octets of that L0', true),
    literal(
      'literal-one-octet-count',
      'as literal, with the PDU session ID as a 1-octet COUNT',
      true,
    ),
  ],
  deliveries: [
    {
      name: 'smf-request',
      description: 'steps 5 to 8: the SMF asks for K_SMF, derives, and installs over N4',
      keyRequest: 'smf_before_n4',
      installation: 'session_establishment_request',
      amfGives: 'K_SMF',
    },
  ],
  ueSignalsCapability: true,
  ueNotice: {
    message: 'session_establishment_accept',
    indication: 'nothing in the study; the testbed adds its PSK parameters',
  },
  update: {
    trigger: 'none',
    description: 'key update on re-authentication is left for further study',
  },
  choices: [
    {
      topic: 'COUNT of K_SMF',
      choice: 'uplink NAS COUNT of the request (fresh), or 0 (literal)',
      reason: 'the study keeps A.13 but does not say which COUNT',
    },
    {
      topic: 'COUNT of K_UPF',
      choice: '000000 || PDU session ID, 4 octets',
      reason: 'A.13 fixes 4 octets; the study says "the value of PDU session ID"',
    },
    {
      topic: 'L0 of the Key ID',
      choice: '000a, the length of "UPF Key ID"',
      reason: 'the study prints 0005, the length of the "A-TID" that it replaces',
    },
    { topic: 'length of the Key ID', choice: '32 octets', reason: 'as the A-TID of TS 33.535' },
  ],
  deriveIntermediate: deriveKSmf,
  derive(crypto, variant, inputs) {
    const steps: DerivationStep[] = [];
    if (inputs.keys.K_SMF === undefined) steps.push(deriveKSmf(crypto, variant, inputs));
    const kSmf = steps[0]?.value ?? keyOf(inputs, 'K_SMF');
    const pduSessionId = inputs.pduSessionId;
    if (pduSessionId === undefined) throw new UsageError('the PDU session ID is missing');
    const kUpf = deriveKey(crypto, {
      name: 'K_UPF',
      clause: 'study 6.5.2.4, TS 33.501 A.13',
      keyName: 'K_SMF',
      key: kSmf,
      fc: 0x72,
      parameters: [
        integerParameter('DIRECTION', DIRECTION_K_UPF, 1),
        integerParameter(
          'COUNT = PDU session ID',
          checkPduSessionId(pduSessionId),
          variant.name === 'literal-one-octet-count' ? 1 : 4,
        ),
      ],
    });
    const keyId = deriveKey(crypto, {
      name: 'Key ID',
      clause: 'study 6.5.2.5, TS 33.535 A.3',
      keyName: 'K_SMF',
      key: kSmf,
      fc: 0x81,
      parameters: [keyIdLabel(variant), inputParameters.supi(inputs)],
    });
    return { psk: kUpf.value, kid: keyId.value, steps: [...steps, kUpf, keyId] };
  },
};

function deriveKSmf(
  crypto: KeyCrypto,
  variant: SolutionVariant,
  inputs: DerivationInputs,
): DerivationStep {
  const fresh = variant.inputs.includes('ulNasCount');
  return deriveKey(crypto, {
    name: 'K_SMF',
    clause: 'study 6.9.2.3, TS 33.501 A.13',
    keyName: 'K_AMF',
    key: keyOf(inputs, 'K_AMF'),
    fc: 0x72,
    parameters: [
      integerParameter('DIRECTION', DIRECTION_K_SMF, 1),
      fresh ? inputParameters.ulNasCount(inputs) : integerParameter('COUNT', 0, 4),
    ],
  });
}

function keyIdLabel({ name }: SolutionVariant): KdfParameter {
  const value = utf8(KEY_ID_LABEL);
  const label = { name: `"${KEY_ID_LABEL}"`, value };
  if (name === 'literal-l0-0005') return { ...label, length: 5 };
  if (name === 'literal-truncated-p0') return { name: '"UPF K"', value: value.slice(0, 5) };
  return label;
}
