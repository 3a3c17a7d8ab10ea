/**
 * What a solution of the study is: data that one generic procedure of the network functions and the
 * UE reads, and a pure derivation. A solution in the next version of the study is one more file.
 */
import { UsageError } from '@mpquic/wire';
import type { DerivationStep } from '../kdf.ts';
import type { KeyCrypto } from '../key-crypto.ts';
import type { DerivationInputs, InputName } from './derivation-inputs.ts';

export type SolutionId = '1' | '2' | '3' | '4' | '5' | '6' | 'Y';

/**
 * Keys that a derivation can start from. `K_gNB` is that of the access of the request, which is K_N3IWF over
 * non-3GPP access; `PSK` is one that was provisioned.
 */
export type KeyName = 'K_AMF' | 'K_SEAF' | 'K_gNB' | 'K_SMF' | 'PSK';

export interface Solution {
  readonly id: SolutionId;
  /** How N4 and NAS containers of the testbed name it, one octet. */
  readonly code: number;
  /** Clause of the study. */
  readonly clause: string;
  readonly title: string;
  /** The first is the default. */
  readonly variants: readonly SolutionVariant[];
  /** Ways of bringing the key to the UPF; the first that a variant allows is its default. */
  readonly deliveries: readonly Delivery[];
  /** Step 1 tells the network that the UE can derive a PSK. */
  readonly ueSignalsCapability: boolean;
  readonly ueNotice: UeNotice;
  readonly update: PskUpdate;
  /** Where the text leaves something open, what this testbed does. */
  readonly choices: readonly Choice[];
  /**
   * PSK, KID and every step on the way. The caller has checked the inputs; use `deriveSolution`.
   * A party that holds the intermediate key only hands that in, and the step that makes it is left out.
   */
  derive(crypto: KeyCrypto, variant: SolutionVariant, inputs: DerivationInputs): DerivedPsk;
  /** The key that the AMF hands to an SMF which derives the PSK itself. */
  deriveIntermediate?(
    crypto: KeyCrypto,
    variant: SolutionVariant,
    inputs: DerivationInputs,
  ): DerivationStep;
}

export interface SolutionVariant {
  readonly name: string;
  readonly description: string;
  readonly rootKey: Exclude<KeyName, 'K_SMF'>;
  /** The key between root and PSK, where there is one. */
  readonly intermediateKey?: 'K_SMF';
  /** What goes in beside the key. */
  readonly inputs: readonly InputName[];
  /** What the UE cannot know by itself; the network sends it with the notice. */
  readonly ueParameters: readonly InputName[];
  /** The network sends the UE the finished key instead of inputs. */
  readonly pushesKeyToUe?: boolean;
  /** A reading of the text that is known to be wrong, kept to show what it does to interworking. */
  readonly trap?: boolean;
}

/** When the key leaves the AMF. `none`: no key is ever sent. */
export type KeyRequestPoint =
  | 'amf_with_create_sm_context'
  | 'smf_before_n4'
  | 'smf_after_n4'
  | 'smf_after_accept'
  | 'upf_on_demand'
  | 'none';

/** The message in which the PSK reaches the UPF. */
export type InstallationPoint =
  | 'session_establishment_request'
  | 'session_modification_request'
  | 'provisioned';

export interface Delivery {
  readonly name: string;
  readonly description: string;
  readonly keyRequest: KeyRequestPoint;
  readonly installation: InstallationPoint;
  /** The UPF gets the key only after the UE got its Accept, so that the UE may be quicker. */
  readonly installsAfterAccept?: boolean;
  /** `as_variant`: the intermediate key where the variant has one, else the PSK. */
  readonly amfGives: 'as_variant' | 'psk' | 'K_SMF' | 'nothing';
}

/** What tells the UE to use a PSK. */
export interface UeNotice {
  readonly message: 'session_establishment_accept' | 'dl_nas_transport' | 'none';
  /** As the study calls it, or what the testbed sends where it says nothing. */
  readonly indication: string;
}

export interface PskUpdate {
  readonly trigger: 'idle_to_connected' | 'on_request' | 'none';
  readonly description: string;
}

/** An open point of the study, what this testbed does about it, and why. */
export interface Choice {
  readonly topic: string;
  readonly choice: string;
  readonly reason: string;
}

export interface DerivedPsk {
  /** 32 octets; an external PSK for SHA-256. */
  readonly psk: Uint8Array;
  /** The PSK identity of the ClientHello. */
  readonly kid: Uint8Array;
  readonly steps: readonly DerivationStep[];
}

/** The variant of that name, or the default one. @throws {UsageError} naming those that exist */
export function findVariant(solution: Solution, name?: string): SolutionVariant {
  const variant =
    name === undefined
      ? solution.variants[0]
      : solution.variants.find((candidate) => candidate.name === name);
  if (variant !== undefined) return variant;
  const names = solution.variants.map((candidate) => candidate.name).join(', ');
  throw new UsageError(`solution ${solution.id} has no variant ${name}; it has ${names}`);
}

/** Who makes the PSK on the network's side, by what the AMF hands out. */
export function pskDeriver(
  variant: SolutionVariant,
  delivery: Delivery,
): 'AMF' | 'SMF' | 'operator' {
  const given = keyFromAmf(variant, delivery);
  if (given === 'nothing') return 'operator';
  return given === 'K_SMF' ? 'SMF' : 'AMF';
}

/** What the AMF hands to the SMF. */
export function keyFromAmf(
  variant: SolutionVariant,
  delivery: Delivery,
): 'psk' | 'K_SMF' | 'nothing' {
  if (delivery.amfGives !== 'as_variant') return delivery.amfGives;
  return variant.intermediateKey ?? 'psk';
}

/** Why this variant's key cannot be brought to the UPF this way, or `undefined` where it can. */
export function deliveryObstacle(variant: SolutionVariant, delivery: Delivery): string | undefined {
  const { keyRequest, installation } = delivery;
  const needsIp = variant.inputs.includes('ueIp');
  if (delivery.amfGives === 'K_SMF' && variant.intermediateKey === undefined) {
    return `the root key that may go to the SMF is K_SMF; variant ${variant.name} has none, and ${variant.rootKey} must not leave the AMF`;
  }
  if (keyRequest === 'amf_with_create_sm_context' && delivery.amfGives === 'psk' && needsIp) {
    return `at step 2 the AMF cannot derive a PSK of variant ${variant.name}: the MA PDU session has no IP address before step 5`;
  }
  if (installation === 'session_establishment_request' && needsIp) {
    return `variant ${variant.name} needs the IP address that the UPF allocates in its answer to the N4 Session Establishment Request, which is to carry the PSK`;
  }
  if (
    installation === 'session_establishment_request' &&
    (keyRequest === 'smf_after_n4' || keyRequest === 'smf_after_accept')
  ) {
    return 'the key is asked for after the N4 Session Establishment that is to carry the PSK';
  }
  return undefined;
}

/**
 * The delivery of that name, or the first that the variant allows.
 * @throws {UsageError} where there is none of that name, or with the reason why it is impossible
 */
export function findDelivery(
  solution: Solution,
  variant: SolutionVariant,
  name?: string,
): Delivery {
  const candidates = solution.deliveries;
  const delivery =
    name === undefined
      ? candidates.find((candidate) => deliveryObstacle(variant, candidate) === undefined)
      : candidates.find((candidate) => candidate.name === name);
  if (delivery === undefined) {
    const names = candidates.map((candidate) => candidate.name).join(', ');
    throw new UsageError(`solution ${solution.id} has no delivery ${name}; it has ${names}`);
  }
  const obstacle = deliveryObstacle(variant, delivery);
  if (obstacle !== undefined) throw new UsageError(`delivery ${delivery.name}: ${obstacle}`);
  return delivery;
}
