/** Solution #4: K_UPF from K_AMF and the uplink NAS COUNT; KID = H(SUPI) || PDU session ID. */
import { concatBytes } from '@mpquic/wire';
import { ExperimentalFunctionCode } from '../experimental-function-codes.ts';
import { type DerivationStep, deriveKey } from '../kdf.ts';
import type { KeyCrypto } from '../key-crypto.ts';
import { type DerivationInputs, inputParameters, keyOf } from './derivation-inputs.ts';
import type { Solution } from './solution.ts';

export const solution4: Solution = {
  id: '4',
  code: 4,
  clause: '6.4',
  title: 'Using 5G security context to derive authentication pre-shared key for MPQUIC',
  variants: [
    {
      name: 'stored-count',
      description: 'K_UPF from the COUNT of the request, which the AMF stores',
      rootKey: 'K_AMF',
      inputs: ['supi', 'pduSessionId', 'ulNasCount'],
      ueParameters: [],
    },
    {
      name: 'access-bound',
      description: 'hardened: the access type is one more parameter',
      rootKey: 'K_AMF',
      inputs: ['supi', 'pduSessionId', 'ulNasCount', 'accessType'],
      ueParameters: [],
    },
  ],
  deliveries: [
    {
      name: 'smf-request',
      description: 'steps 5 to 7: the SMF asks the AMF and sends K_UPF and KID over N4',
      keyRequest: 'smf_before_n4',
      installation: 'session_establishment_request',
      amfGives: 'psk',
    },
  ],
  ueSignalsCapability: false,
  ueNotice: { message: 'session_establishment_accept', indication: 'Using_PSK_indication' },
  update: {
    trigger: 'none',
    description: 'key update on re-authentication is left for further study',
  },
  choices: [
    {
      topic: 'FC',
      choice: 'fff6, experimental',
      reason: 'FC is 0xXX in the study',
    },
    {
      topic: 'which uplink NAS COUNT',
      choice: 'that of the UL NAS TRANSPORT of step 1, stored by the AMF and the UE, 4 octets',
      reason: 'the current COUNT of step 6 or 12 differs as soon as the UE sends any other message',
    },
    {
      topic: 'H',
      choice: 'SHA-256 of the digits of the SUPI; the KID has 33 octets',
      reason: 'the study does not say which hash',
    },
    {
      topic: 'access type (variant access-bound)',
      choice: 'P2 = 1 for 3GPP, 2 for non-3GPP access, as in TS 33.501 A.9',
      reason: 'each access counts for itself, so PDU session ID and COUNT may repeat on the other',
    },
  ],
  derive(crypto, variant, inputs) {
    const parameters = [inputParameters.pduSessionId(inputs), inputParameters.ulNasCount(inputs)];
    if (variant.inputs.includes('accessType')) parameters.push(inputParameters.accessType(inputs));
    const kUpf = deriveKey(crypto, {
      name: 'K_UPF',
      clause: 'study 6.Y.2.3',
      keyName: 'K_AMF',
      key: keyOf(inputs, 'K_AMF'),
      fc: ExperimentalFunctionCode.solution4KUpf,
      parameters,
    });
    const kid = keyIdentifier(crypto, inputs);
    return { psk: kUpf.value, kid: kid.value, steps: [kUpf, kid] };
  },
};

function keyIdentifier(crypto: KeyCrypto, inputs: DerivationInputs): DerivationStep {
  const supi = inputParameters.supi(inputs);
  const pduSessionId = inputParameters.pduSessionId(inputs);
  return {
    name: 'KID',
    clause: 'study 6.4.2.4',
    formula: 'SHA-256(SUPI) || PDU session ID',
    keyName: '',
    key: new Uint8Array(),
    fc: new Uint8Array(),
    s: supi.value,
    parameters: [supi, pduSessionId],
    take: [0, 33],
    value: concatBytes(crypto.hash('sha256', supi.value), pduSessionId.value),
  };
}
