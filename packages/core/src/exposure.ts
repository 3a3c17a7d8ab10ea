import type { CryptoProvider } from '@mpquic/crypto';
import {
  AccessType,
  type DerivationInputs,
  deriveKAmf,
  deriveKGnb,
  deriveKSeaf,
  deriveSolution,
  type KeyName,
  type Solution,
} from '@mpquic/keys';
import type { Lifeline, RoleEvent } from '@mpquic/service';
import { equalBytes, toHex, UsageError } from '@mpquic/wire';

/** How a party comes to a PSK: it derived or received it, could derive it from what it has, or neither. */
export type Exposure = 'holds' | 'can compute' | 'no';

/** A party that may know a PSK; `n4-tap` reads N4 without IPsec. */
export type Party = Lifeline | 'n4-tap';

/** What everybody may be assumed to know or to guess: the inputs of the derivation, beside the keys. */
export type PublicInputs = Omit<DerivationInputs, 'keys'>;

export interface ExposureQuestion {
  readonly crypto: CryptoProvider;
  /** Of all roles, with keys. */
  readonly events: readonly RoleEvent[];
  /** 32 octets. */
  readonly psk: Uint8Array;
  readonly solution: Solution;
  readonly variant: string;
  readonly inputs: PublicInputs;
  /** `5G:mnc001.mcc001.3gppnetwork.org`. */
  readonly servingNetworkName: string;
}

const PARTIES: readonly Party[] = [
  'ue',
  'gnb',
  'n3iwf',
  'amf',
  'ausf',
  'udm',
  'smf',
  'upf',
  'n4-tap',
];

/** NAS COUNTs that a party with K_AMF tries for K_gNB. */
const GUESSED_COUNTS = 32;

/**
 * Who knows a PSK, from what each party really derived, received or saw in a run: its keys, all keys
 * that the hierarchy of TS 33.501 Annex A makes of them, and the octets of the messages that it carries.
 */
export function exposureOf(question: ExposureQuestion): Readonly<Record<Party, Exposure>> {
  const exposure = (party: Party): Exposure => {
    const keys = keysOf(question, party);
    if (keys.some(({ value }) => equalBytes(value, question.psk))) return 'holds';
    if (sawOnTheWire(question, party)) return 'holds';
    return canCompute(question, keys) ? 'can compute' : 'no';
  };
  return Object.fromEntries(PARTIES.map((party) => [party, exposure(party)])) as Record<
    Party,
    Exposure
  >;
}

interface HeldKey {
  readonly name: string;
  readonly value: Uint8Array;
}

function keysOf({ events }: ExposureQuestion, party: Party): HeldKey[] {
  return events.flatMap((event) =>
    (event.type === 'key' || event.type === 'key_received') &&
    event.holder === party &&
    event.secret
      ? [{ name: event.name, value: event.value }]
      : [],
  );
}

/** A message that the party sent, received or passed on holds the PSK in clear. */
function sawOnTheWire({ events, psk }: ExposureQuestion, party: Party): boolean {
  const wanted = toHex(psk);
  return events.some(
    (event) =>
      event.type === 'message' &&
      carries(event, party) &&
      event.payload !== undefined &&
      toHex(event.payload).includes(wanted),
  );
}

function carries(event: Extract<RoleEvent, { type: 'message' }>, party: Party): boolean {
  // NAS passes through the access node, and N4 past whoever taps it.
  if (event.interface === 'N1') return party === (event.access === '3gpp' ? 'gnb' : 'n3iwf');
  if (event.interface === 'N4') return party === 'n4-tap' || party === event.to;
  return false;
}

function canCompute(question: ExposureQuestion, keys: readonly HeldKey[]): boolean {
  const { crypto, psk, solution, variant, inputs } = question;
  return expanded(question, keys).some(({ name, value }) => {
    const root = ROOTS[name];
    if (root === undefined) return false;
    try {
      const derived = deriveSolution(crypto, solution, variant, {
        ...inputs,
        keys: { [root]: value },
      });
      return equalBytes(derived.psk, psk);
    } catch (error) {
      if (error instanceof UsageError) return false;
      throw error;
    }
  });
}

/** Keys by the name that the solutions have for them. */
const ROOTS: { readonly [name: string]: KeyName } = {
  K_AMF: 'K_AMF',
  "K_AMF'": 'K_AMF',
  K_SEAF: 'K_SEAF',
  K_gNB: 'K_gNB',
  // What solution #1 starts from over non-3GPP access.
  K_N3IWF: 'K_gNB',
  'K_NG-RAN*': 'K_gNB',
  K_SMF: 'K_SMF',
};

/** The keys, and those below them in the hierarchy. */
function expanded(question: ExposureQuestion, keys: readonly HeldKey[]): readonly HeldKey[] {
  const all = [...keys];
  // Keys are appended while the list is walked, so that each is expanded in its turn.
  for (const key of all) all.push(...below(question, key));
  return all;
}

function below(
  { crypto, inputs, servingNetworkName }: ExposureQuestion,
  { name, value }: HeldKey,
): readonly HeldKey[] {
  if (name === 'K_AUSF') {
    return [{ name: 'K_SEAF', value: deriveKSeaf(crypto, value, servingNetworkName).value }];
  }
  if (name === 'K_SEAF' && inputs.supi !== undefined) {
    return [{ name: 'K_AMF', value: deriveKAmf(crypto, value, inputs.supi).value }];
  }
  if (name !== 'K_AMF' && name !== "K_AMF'") return [];
  return [AccessType.threeGpp, AccessType.nonThreeGpp].flatMap((accessType) =>
    Array.from({ length: GUESSED_COUNTS }, (_, count) => ({
      name: 'K_gNB',
      value: deriveKGnb(crypto, value, count, accessType).value,
    })),
  );
}
