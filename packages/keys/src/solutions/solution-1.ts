/** Solution #1: UPF_PSK and its identifier from K_gNB; later texts of the study take K_AMF. */
import { ExperimentalFunctionCode } from '../experimental-function-codes.ts';
import { deriveKey } from '../kdf.ts';
import { type InputName, inputParameters, keyOf } from './derivation-inputs.ts';
import type { Solution, SolutionVariant } from './solution.ts';

const CLAUSE = 'study 6.1.2';

function variant(name: string, rootKey: 'K_gNB' | 'K_AMF', bindsUpf: boolean): SolutionVariant {
  const bound: readonly InputName[] = bindsUpf ? ['upfId'] : [];
  return {
    name,
    description: `UPF_PSK from ${rootKey}${bindsUpf ? ', bound to the UPF identity' : ''}`,
    rootKey,
    inputs: ['pduSessionId', 'ulNasCount', ...bound],
    ueParameters: bound,
  };
}

export const solution1: Solution = {
  id: '1',
  code: 1,
  clause: '6.1',
  title: 'MPQUIC/TLS using PSK derived from K_gNB',
  variants: [
    variant('k-gnb', 'K_gNB', false),
    variant('k-gnb-upf', 'K_gNB', true),
    variant('k-amf', 'K_AMF', false),
    variant('k-amf-upf', 'K_AMF', true),
  ],
  deliveries: [
    {
      name: 'smf-request',
      description: 'the SMF obtains UPF_PSK and ID from the AMF and forwards them over N4',
      keyRequest: 'smf_before_n4',
      installation: 'session_establishment_request',
      amfGives: 'psk',
    },
  ],
  ueSignalsCapability: true,
  ueNotice: {
    message: 'session_establishment_accept',
    indication: 'UPF addressing; the testbed adds its PSK parameters',
  },
  update: {
    trigger: 'idle_to_connected',
    description:
      'CM-IDLE to CM-CONNECTED: UE and AMF derive anew, the UPF is updated, the UE starts MPQUIC/TLS again',
  },
  choices: [
    {
      topic: 'FC',
      choice: 'fff1 for UPF_PSK, fff2 for its ID, experimental',
      reason: 'the study names no FC',
    },
    {
      topic: 'freshness parameter',
      choice: 'uplink NAS COUNT of the message with the request, 4 octets',
      reason: 'the study does not say which; both sides know it without another message',
    },
    {
      topic: 'UPF_PSK ID',
      choice: 'last 16 octets of a KDF over the same parameters',
      reason: 'the study gives no formula; opaque and without SUPI',
    },
    {
      topic: 'which K_gNB',
      choice: 'that of the transition to CM-CONNECTED, kept by the AMF',
      reason: 'after an Xn handover the AMF does not know the key of the new gNB',
    },
    {
      topic: 'non-3GPP access',
      choice: 'K_N3IWF takes the place of K_gNB where the request came over non-3GPP access',
      reason: 'there is no K_gNB then, and each access has a key of its own (TS 33.501 A.9)',
    },
    {
      topic: 'path to the UPF',
      choice: 'N11 and N4',
      reason: 'the study writes N2/N4, but N2 ends at the gNB',
    },
  ],
  derive(crypto, { rootKey, inputs: names }, inputs) {
    const key = keyOf(inputs, rootKey);
    const parameters = names
      .filter((name) => name !== 'kid')
      .map((name) => inputParameters[name](inputs));
    const psk = deriveKey(crypto, {
      name: 'UPF_PSK',
      clause: CLAUSE,
      keyName: rootKey,
      key,
      fc: ExperimentalFunctionCode.solution1Psk,
      parameters,
    });
    const kid = deriveKey(crypto, {
      name: 'UPF_PSK ID',
      clause: CLAUSE,
      keyName: rootKey,
      key,
      fc: ExperimentalFunctionCode.solution1Kid,
      parameters,
      take: 'last-128-bits',
    });
    return { psk: psk.value, kid: kid.value, steps: [psk, kid] };
  },
};
