/** What goes into a solution's derivation, and the rules that it must keep. */
import { parseIp, UsageError } from '@mpquic/wire';
import type { AccessType } from '../hierarchy.ts';
import { integerParameter, type KdfParameter, nasCountParameter, stringParameter } from '../kdf.ts';
import { supiForDerivation } from '../supi.ts';
import type { KeyName, Solution, SolutionVariant } from './solution.ts';

export interface DerivationInputs {
  /** The keys that this party holds. */
  readonly keys: { readonly [Name in KeyName]?: Uint8Array };
  /** With or without `imsi-`. */
  readonly supi?: string;
  /** 1 to 15. TS 24.007 §11.2.3.1b */
  readonly pduSessionId?: number;
  /** Of the UL NAS TRANSPORT that carried the request; 24 bits. */
  readonly ulNasCount?: number;
  readonly accessType?: AccessType;
  /** FQDN, or an IP address in text form. */
  readonly upfId?: string;
  /** UUID of the SMF's NF instance. */
  readonly smfInstanceId?: string;
  /** Address of the MA PDU session (IP@3) in text form. */
  readonly ueIp?: string;
  /** 16 octets. */
  readonly rand?: Uint8Array;
  /** The identity that was provisioned with a PSK, 1 to 65535 octets. */
  readonly kid?: Uint8Array;
}

export type InputName = Exclude<keyof DerivationInputs, 'keys'>;

/** A derivation lacks a key or a parameter; `input` names it. */
export class MissingInput extends UsageError {
  readonly input: string;

  constructor(input: string, what: string) {
    super(what);
    this.input = input;
  }
}

/** Names as a person writes them. */
const INPUT_LABELS: { readonly [Name in InputName]: string } = {
  supi: 'the SUPI',
  pduSessionId: 'the PDU session ID',
  ulNasCount: 'the uplink NAS COUNT',
  accessType: 'the access type',
  upfId: 'the identity of the UPF',
  smfInstanceId: 'the SMF instance ID',
  ueIp: 'the IP address of the MA PDU session',
  rand: 'the random number',
  kid: 'the provisioned key identifier',
};

/** @throws {MissingInput} on the first input that the variant needs and `inputs` has not */
export function requireInputs(
  solution: Solution,
  variant: SolutionVariant,
  inputs: DerivationInputs,
): void {
  const who = `solution ${solution.id} variant ${variant.name} needs`;
  const { rootKey, intermediateKey } = variant;
  const hasIntermediate = intermediateKey !== undefined && inputs.keys[intermediateKey];
  if (!hasIntermediate && inputs.keys[rootKey] === undefined) {
    throw new MissingInput(rootKey, `${who} the root key ${rootKey}`);
  }
  for (const input of variant.inputs) {
    if (hasIntermediate && input === 'smfInstanceId') continue;
    if (inputs[input] === undefined) {
      throw new MissingInput(input, `${who} ${INPUT_LABELS[input]}`);
    }
  }
}

/** How each input becomes a Pi: this testbed's choices where the study does not say. */
export const inputParameters: {
  readonly [Name in Exclude<InputName, 'kid'>]: (inputs: DerivationInputs) => KdfParameter;
} = {
  supi: ({ supi }) => stringParameter('SUPI', supiForDerivation(given(supi))),
  pduSessionId: ({ pduSessionId }) =>
    integerParameter('PDU session ID', checkPduSessionId(given(pduSessionId)), 1),
  ulNasCount: ({ ulNasCount }) => nasCountParameter('uplink NAS COUNT', given(ulNasCount)),
  accessType: ({ accessType }) =>
    integerParameter('access type', given(accessType) satisfies AccessType, 1),
  upfId: ({ upfId }) => stringParameter('UPF identity', given(upfId).toLowerCase()),
  smfInstanceId: ({ smfInstanceId }) =>
    stringParameter('SMF instance ID', checkUuid(given(smfInstanceId))),
  ueIp: ({ ueIp }) => ({
    name: 'IP address of the MA PDU session',
    value: parseIp(given(ueIp)),
  }),
  rand: ({ rand }) => ({ name: 'Random Number', value: checkRand(given(rand)) }),
};

/** The key of that name; {@link requireInputs} has found it. */
export function keyOf(inputs: DerivationInputs, name: KeyName): Uint8Array {
  const key = given(inputs.keys[name]);
  if (key.length !== 32) throw new UsageError(`${name} has ${key.length} octets instead of 32`);
  return key;
}

/** @throws {UsageError} outside 1 to 15 */
export function checkPduSessionId(id: number): number {
  if (Number.isInteger(id) && id >= 1 && id <= 15) return id;
  throw new UsageError(`PDU session ID ${id} is not between 1 and 15`);
}

function checkUuid(text: string): string {
  if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) {
    throw new UsageError(`SMF instance ID ${text} is no UUID`);
  }
  return text.toLowerCase();
}

function checkRand(rand: Uint8Array): Uint8Array {
  if (rand.length !== 16)
    throw new UsageError(`the random number has ${rand.length} octets instead of 16`);
  return rand;
}

function given<T>(value: T | undefined): T {
  if (value === undefined) throw new UsageError('an input of the derivation is missing');
  return value;
}
