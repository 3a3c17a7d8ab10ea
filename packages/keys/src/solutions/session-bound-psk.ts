/** The derivation that Solutions #2 and #3 share: a PSK bound to the MA PDU session. */
import { ExperimentalFunctionCode } from '../experimental-function-codes.ts';
import { type DerivationStep, deriveKey } from '../kdf.ts';
import type { KeyCrypto } from '../key-crypto.ts';
import { type DerivationInputs, inputParameters, keyOf } from './derivation-inputs.ts';
import type { Choice, DerivedPsk, SolutionVariant } from './solution.ts';

const CLAUSE = 'study 6.2.2';

function variant(
  name: string,
  rootKey: 'K_AMF' | 'K_SEAF',
  hasIntermediate: boolean,
  binding: 'pduSessionId' | 'ueIp',
): SolutionVariant {
  const through = hasIntermediate ? ' through K_SMF' : '';
  const bound = binding === 'ueIp' ? 'IP address' : 'ID';
  return {
    name,
    description: `PSK from ${rootKey}${through}, bound to the ${bound} of the MA PDU session`,
    rootKey,
    ...(hasIntermediate && { intermediateKey: 'K_SMF' as const }),
    inputs: hasIntermediate ? [binding, 'supi', 'smfInstanceId'] : [binding, 'supi'],
    ueParameters: hasIntermediate ? ['smfInstanceId'] : [],
  };
}

export const sessionBoundVariants: readonly SolutionVariant[] = [
  variant('k-amf-psi', 'K_AMF', false, 'pduSessionId'),
  variant('k-amf-ip', 'K_AMF', false, 'ueIp'),
  variant('k-seaf-psi', 'K_SEAF', false, 'pduSessionId'),
  variant('k-seaf-ip', 'K_SEAF', false, 'ueIp'),
  variant('k-smf-psi', 'K_AMF', true, 'pduSessionId'),
  variant('k-smf-ip', 'K_AMF', true, 'ueIp'),
  variant('k-smf-seaf-psi', 'K_SEAF', true, 'pduSessionId'),
  variant('k-smf-seaf-ip', 'K_SEAF', true, 'ueIp'),
];

export const sessionBoundChoices: readonly Choice[] = [
  {
    topic: 'FC',
    choice: 'fff3 for the PSK, fff4 for K_SMF, fff5 for the KID, experimental',
    reason: 'FC is TBD in the study',
  },
  {
    topic: 'KID',
    choice: 'last 16 octets of a KDF over the same parameters as the PSK',
    reason: 'the study defines none, yet TLS needs an identity',
  },
  {
    topic: 'IP address of the MA PDU session',
    choice: 'the address toward the data network (IP@3), 4 or 16 octets',
    reason: 'the study does not say which of the session addresses is meant',
  },
  {
    topic: 'SMF instance ID',
    choice: 'UUID as 36 lower-case characters, sent to the UE in the Accept',
    reason: 'no NAS message carries it today, and the UE needs it for K_SMF',
  },
];

/** K_SMF from K_AMF or K_SEAF and the identity of the SMF. */
export function deriveSessionIntermediate(
  crypto: KeyCrypto,
  { rootKey }: SolutionVariant,
  inputs: DerivationInputs,
): DerivationStep {
  return deriveKey(crypto, {
    name: 'K_SMF',
    clause: CLAUSE,
    keyName: rootKey,
    key: keyOf(inputs, rootKey),
    fc: ExperimentalFunctionCode.solution2KSmf,
    parameters: [inputParameters.smfInstanceId(inputs)],
  });
}

export function deriveSessionBoundPsk(
  crypto: KeyCrypto,
  variant: SolutionVariant,
  inputs: DerivationInputs,
): DerivedPsk {
  const steps: DerivationStep[] = [];
  let key: Uint8Array;
  if (variant.intermediateKey === undefined) {
    key = keyOf(inputs, variant.rootKey);
  } else if (inputs.keys.K_SMF !== undefined) {
    key = keyOf(inputs, 'K_SMF');
  } else {
    const intermediate = deriveSessionIntermediate(crypto, variant, inputs);
    steps.push(intermediate);
    key = intermediate.value;
  }
  const binding = variant.inputs.includes('ueIp') ? 'ueIp' : 'pduSessionId';
  const common = {
    clause: CLAUSE,
    keyName: variant.intermediateKey ?? variant.rootKey,
    key,
    parameters: [inputParameters[binding](inputs), inputParameters.supi(inputs)],
  };
  const psk = deriveKey(crypto, {
    ...common,
    name: 'PSK',
    fc: ExperimentalFunctionCode.solution2Psk,
  });
  const kid = deriveKey(crypto, {
    ...common,
    name: 'KID',
    fc: ExperimentalFunctionCode.solution2Kid,
    take: 'last-128-bits',
  });
  return { psk: psk.value, kid: kid.value, steps: [...steps, psk, kid] };
}
