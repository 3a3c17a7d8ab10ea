/** Who knows a PSK: computed from the keys that a party really holds, not from what a text claims. */
import { equalBytes, UsageError } from '@mpquic/wire';
import { AccessType, deriveKAmf, deriveKGnb, deriveKSeaf } from '../hierarchy.ts';
import type { KeyCrypto } from '../key-crypto.ts';
import type { DerivationInputs } from './derivation-inputs.ts';
import type { KeyName, Solution, SolutionVariant } from './solution.ts';

/** `holds`: the PSK itself is among its keys. `can_compute`: it follows from one of them. */
export type PskKnowledge = 'holds' | 'can_compute' | 'none';

/** The PSK in question and what is not secret about it. */
export interface PskFacts {
  readonly solution: Solution;
  readonly variant: SolutionVariant;
  readonly psk: Uint8Array;
  readonly servingNetworkName: string;
  /** Everything but keys; an attacker is taken to know it. */
  readonly inputs: Omit<DerivationInputs, 'keys'>;
}

/** One key of a party, by its name in the hierarchy. */
export interface HeldKey {
  readonly name: string;
  /** 32 octets. */
  readonly value: Uint8Array;
}

/** COUNTs of a transition to CM-CONNECTED that are tried: K_gNB follows from K_AMF and one of them. */
const COUNTS_TRIED = 256;

/** What a party with these keys knows of the PSK. */
export function pskKnowledge(
  crypto: KeyCrypto,
  facts: PskFacts,
  held: readonly HeldKey[],
): PskKnowledge {
  if (held.some(({ value }) => equalBytes(value, facts.psk))) return 'holds';
  const reachable = descend(crypto, facts, held);
  return reachable.some((key) => yields(crypto, facts, key)) ? 'can_compute' : 'none';
}

/** All keys that follow from those held, down to where derivations of PSKs start. */
function descend(crypto: KeyCrypto, facts: PskFacts, held: readonly HeldKey[]): HeldKey[] {
  const { servingNetworkName, inputs } = facts;
  const reachable = [...held];
  // The list grows while it is walked, from the root of the hierarchy downwards.
  for (const { name, value } of reachable) {
    if (name === 'K_AUSF') {
      const { value: kSeaf } = deriveKSeaf(crypto, value, servingNetworkName);
      reachable.push({ name: 'K_SEAF', value: kSeaf });
    } else if (name === 'K_SEAF' && inputs.supi !== undefined) {
      reachable.push({ name: 'K_AMF', value: deriveKAmf(crypto, value, inputs.supi).value });
    } else if (name === 'K_AMF' && facts.variant.rootKey === 'K_gNB') {
      for (let count = 0; count < COUNTS_TRIED; count++) {
        const step = deriveKGnb(crypto, value, count, AccessType.threeGpp);
        reachable.push({ name: 'K_gNB', value: step.value });
      }
    }
  }
  return reachable;
}

function yields(crypto: KeyCrypto, facts: PskFacts, { name, value }: HeldKey): boolean {
  const { solution, variant, inputs, psk } = facts;
  if (name !== variant.rootKey && name !== variant.intermediateKey) return false;
  const keys = { [name as KeyName]: value };
  try {
    return equalBytes(solution.derive(crypto, variant, { ...inputs, keys }).psk, psk);
  } catch (error) {
    if (error instanceof UsageError) return false;
    throw error;
  }
}
