import {
  AccessType,
  type DerivationInputs,
  deriveSolution,
  findSolution,
  findVariant,
} from '@mpquic/keys';
import type { PskParameters } from '@mpquic/nas';
import { UsageError } from '@mpquic/wire';
import { UeFailure } from '../failure.ts';
import type { Mobility } from '../nas/mobility.ts';
import { recordSteps, type UeEnvironment } from '../ue-environment.ts';
import type { MaPduSession, UePsk } from './ma-pdu-session.ts';

/** A PSK that the operator wrote into the UE (Solution #Y). */
export interface ProvisionedPsk {
  readonly variant: string;
  readonly kid: Uint8Array;
  /** 32 octets. */
  readonly key: Uint8Array;
  /** The UPF that it is for; every UPF when absent. */
  readonly upfId?: string | undefined;
}

/** How the UE comes to its PSKs. */
export interface PskPolicy {
  /** Solutions of the study that it can run. */
  readonly solutions: readonly string[];
  /** `current` takes the COUNT at the moment of derivation: a reading that fails, kept to show it. */
  readonly countRule: 'stored' | 'current';
  readonly provisioned: readonly ProvisionedPsk[];
}

/** What the network sent beside the indication in the Accept (Solution #6). */
export type KeyDelivery = Pick<PskParameters, 'psk' | 'kid' | 'random' | 'generation'>;

/**
 * The PSK of a session by the solution that the network indicated, from what this UE itself holds.
 * @throws {UeFailure} `no_psk` where none was indicated, or where the UE lacks what it needs
 */
export function deriveSessionPsk(
  environment: UeEnvironment,
  mobility: Mobility,
  imsi: string,
  session: MaPduSession,
  policy: PskPolicy,
  delivery: KeyDelivery = {},
): UePsk {
  const { indication } = session;
  const generation = (session.psk?.generation ?? 0) + 1;
  const mode = indication?.pskMode === 1 ? 'imported' : 'raw';
  if (indication?.usingPsk !== true) {
    const provisioned = provisionedFor(policy, indication?.upfId);
    if (provisioned === undefined) {
      throw new UeFailure(
        'no_psk',
        'the network did not indicate a PSK; the UE takes no certificate',
      );
    }
    const { variant, kid, key } = provisioned;
    return taken(environment, session, {
      solution: 'Y',
      variant,
      key: key.slice(),
      kid,
      mode,
      generation,
    });
  }
  const { solution: id = '4', variant } = indication;
  if (!policy.solutions.includes(id)) {
    throw new UeFailure(
      'no_psk',
      `the network uses solution ${id}, which this UE is set not to use`,
    );
  }
  if (delivery.psk !== undefined && delivery.kid !== undefined) {
    const { psk, kid } = delivery;
    environment.events.record({
      type: 'key_received',
      holder: 'ue',
      from: 'amf',
      name: 'PSK',
      value: psk.reveal(),
      secret: true,
    });
    const pushed = { solution: id, variant: variant ?? 'push-key', key: psk.reveal().slice() };
    return taken(environment, session, { ...pushed, kid: kid.slice(), mode, generation });
  }
  try {
    const solution = findSolution(id);
    const inputs = inputsOf(mobility, imsi, session, policy, delivery);
    const derived = deriveSolution(
      environment.crypto,
      solution,
      findVariant(solution, variant).name,
      inputs,
    );
    recordSteps(environment.events, derived.steps, session.access);
    const { psk: key, kid } = derived;
    return taken(environment, session, {
      solution: id,
      variant: derived.variant,
      key,
      kid,
      mode,
      generation,
    });
  } catch (error) {
    if (error instanceof UsageError) throw new UeFailure('no_psk', error.message, error);
    throw error;
  }
}

function inputsOf(
  mobility: Mobility,
  imsi: string,
  session: MaPduSession,
  policy: PskPolicy,
  delivery: KeyDelivery,
): DerivationInputs {
  const { indication, access, ueIp } = session;
  const context = mobility.security;
  const kGnb = mobility.accessKey(access);
  const provisioned = provisionedFor(policy, indication?.upfId);
  const sent = context?.nas?.counts[access].nextSent;
  const current = sent === undefined ? session.ulNasCount : sent - 1;
  const rand = delivery.random ?? indication?.random;
  return {
    keys: {
      ...(context === undefined ? {} : { K_AMF: context.kAmf }),
      ...(context?.kSeaf === undefined ? {} : { K_SEAF: context.kSeaf }),
      ...(kGnb === undefined ? {} : { K_gNB: kGnb }),
      // A copy: the session's key is wiped with the session, the provisioned one stays.
      ...(provisioned === undefined ? {} : { PSK: provisioned.key.slice() }),
    },
    supi: imsi,
    pduSessionId: session.pduSessionId,
    ulNasCount: policy.countRule === 'stored' ? session.ulNasCount : current,
    accessType: access === '3gpp' ? AccessType.threeGpp : AccessType.nonThreeGpp,
    ...(indication?.upfId === undefined ? {} : { upfId: indication.upfId }),
    ...(indication?.smfInstanceId === undefined ? {} : { smfInstanceId: indication.smfInstanceId }),
    ...(ueIp === undefined ? {} : { ueIp }),
    ...(rand === undefined ? {} : { rand }),
    ...(provisioned === undefined ? {} : { kid: provisioned.kid }),
  };
}

function provisionedFor(
  { provisioned }: PskPolicy,
  upfId: string | undefined,
): ProvisionedPsk | undefined {
  return (
    provisioned.find((candidate) => candidate.upfId !== undefined && candidate.upfId === upfId) ??
    provisioned.find((candidate) => candidate.upfId === undefined)
  );
}

function taken({ events }: UeEnvironment, session: MaPduSession, psk: UePsk): UePsk {
  events.record({
    type: 'psk',
    holder: 'ue',
    state: 'derived',
    kid: psk.kid,
    solution: psk.solution,
    variant: psk.variant,
    pduSessionId: session.pduSessionId,
  });
  return psk;
}

/** Messages are lent: what is kept of them is copied. */
export function ownedOctets({ kid, random }: KeyDelivery): KeyDelivery {
  return {
    ...(kid === undefined ? {} : { kid: kid.slice() }),
    ...(random === undefined ? {} : { random: random.slice() }),
  };
}
