/** Solution #6: the AMF makes a key from a random number and sends it to the UE and to the UPF. */
import { ExperimentalFunctionCode } from '../experimental-function-codes.ts';
import { deriveKey } from '../kdf.ts';
import { inputParameters, keyOf } from './derivation-inputs.ts';
import type { Solution } from './solution.ts';

export const solution6: Solution = {
  id: '6',
  code: 6,
  clause: '6.6',
  title: 'Key derivation and delivery to UE and UPF',
  variants: [
    {
      name: 'push-key',
      description: 'step 5b sends the key itself to the UE',
      rootKey: 'K_AMF',
      inputs: ['rand'],
      ueParameters: [],
      pushesKeyToUe: true,
    },
    {
      name: 'push-rand',
      description: 'hardened: step 5b sends the random number, and the UE derives',
      rootKey: 'K_AMF',
      inputs: ['rand'],
      ueParameters: ['rand'],
    },
  ],
  deliveries: [
    {
      name: 'upf-request',
      description: 'steps 2 to 6: the UPF asks the SMF, the SMF asks the AMF',
      keyRequest: 'upf_on_demand',
      installation: 'session_modification_request',
      amfGives: 'psk',
    },
  ],
  ueSignalsCapability: false,
  ueNotice: { message: 'dl_nas_transport', indication: 'key and PDU session ID (step 5b)' },
  update: {
    trigger: 'on_request',
    description:
      'UE or core asks for a new key; UE and UPF end the connection and establish a new one',
  },
  choices: [
    {
      topic: 'FC',
      choice: 'fff7 for the key, fff8 for the KID, experimental',
      reason: 'FC is 0xWX in the study',
    },
    {
      topic: 'Random Number',
      choice: '16 octets of a cryptographic generator',
      reason: 'the study gives no length',
    },
    {
      topic: 'identifier of the UE (step 6)',
      choice: 'an opaque KID, last 16 octets of a KDF over the same random number',
      reason: 'the study defines none; a SUPI would stand in clear in every ClientHello',
    },
    {
      topic: 'carrier of step 5b',
      choice: 'DL NAS TRANSPORT with the testbed container',
      reason: 'the study says "AMF sends", so no 5GSM message of the SMF',
    },
    {
      topic: 'carrier of step 2',
      choice: 'PFCP Session Report Request with a vendor IE',
      reason: 'the only request that a UPF starts for a session',
    },
  ],
  derive(crypto, _variant, inputs) {
    const common = {
      clause: 'study 6.6.2.1',
      keyName: 'K_AMF',
      key: keyOf(inputs, 'K_AMF'),
      parameters: [inputParameters.rand(inputs)],
    };
    const key = deriveKey(crypto, {
      ...common,
      name: 'Key',
      fc: ExperimentalFunctionCode.solution6Key,
    });
    const kid = deriveKey(crypto, {
      ...common,
      name: 'KID',
      fc: ExperimentalFunctionCode.solution6Kid,
      take: 'last-128-bits',
    });
    return { psk: key.value, kid: kid.value, steps: [key, kid] };
  },
};
