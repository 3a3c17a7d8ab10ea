import { deriveSolution, importedPskContext } from '@mpquic/keys';
import {
  type ConfigurationContainer,
  PskContainerId,
  type PskParameters,
  pskContainer,
} from '@mpquic/nas';
import type { PskDelivery } from '@mpquic/pfcp';
import type { EventSink } from '@mpquic/service';
import { Secret, UsageError, wipe } from '@mpquic/wire';
import { recordSteps } from '../key-events.ts';
import { SbiProblem } from '../sbi/problem.ts';
import { hex, integer, object, oneOf, optional } from '../sbi/shape.ts';
import type { SmfEnvironment } from './smf-environment.ts';
import type { HeldKey, SmfSession } from './smf-session.ts';

/** A PSK on its way to the UPF; whoever holds it wipes it. */
export interface SuppliedPsk {
  readonly psk: Uint8Array;
  readonly kid: Uint8Array;
}

/** The answer of the testbed's key service. */
const keyResponse = object({
  keyName: oneOf('PSK', 'K_SMF'),
  key: hex(16, 64),
  kid: optional(hex(1, 255)),
  count: optional(integer(0, 0xff_ffff)),
});

/** What an SMF may want beside the key. */
export interface KeyRequestOptions {
  /** With solution #6, the AMF also sends the key of this number to the UE. */
  readonly pushGeneration?: number | undefined;
  /** No key for a UE that is CM-IDLE over both accesses. */
  readonly ueMustBeReachable?: boolean;
}

/**
 * Asks the AMF for the key of a session: `POST /x-testbed-namf-mpquic/v1/ue-contexts/{supi}/keys`.
 * @throws {SbiProblem}
 */
export async function requestKeyFromAmf(
  { sbi, settings, events }: SmfEnvironment,
  session: SmfSession,
  { pushGeneration, ueMustBeReachable = false }: KeyRequestOptions = {},
): Promise<HeldKey> {
  const { solution, variant } = settings.selected;
  const { body } = await sbi.call('amf', {
    method: 'POST',
    path: `/x-testbed-namf-mpquic/v1/ue-contexts/${session.supi}/keys`,
    body: {
      solution: solution.id,
      variant: variant.name,
      pduSessionId: session.pduSessionId,
      smfInstanceId: settings.smfInstanceId,
      ...(session.selectedUpfId === undefined ? {} : { upfId: session.selectedUpfId }),
      ...(session.ueIp === undefined ? {} : { ueIp: session.ueIp }),
      ...(pushGeneration === undefined ? {} : { pushGeneration }),
      ...(ueMustBeReachable ? { ueMustBeReachable } : {}),
    },
  });
  const { keyName, key, kid, count } = keyResponse.read(body, '');
  recordReceived(events, keyName, key);
  return { name: keyName, key, kid, ulNasCount: count };
}

/** The SMF got a key of a session, whether it uses it or not. */
export function recordReceived(events: EventSink, name: HeldKey['name'], value: Uint8Array): void {
  events.record({ type: 'key_received', holder: 'smf', from: 'amf', name, value, secret: true });
}

/**
 * The PSK of a session from what the AMF gave: as it came, or derived from K_SMF, which is wiped.
 * @throws {SbiProblem} where a parameter is missing
 */
export function toPsk(smf: SmfEnvironment, session: SmfSession, given: HeldKey): SuppliedPsk {
  const { crypto, events, settings } = smf;
  const { solution, variant } = settings.selected;
  if (given.name === 'PSK') {
    if (given.kid === undefined) throw new SbiProblem(502, 'SYSTEM_FAILURE', 'a PSK without KID');
    return { psk: given.key, kid: given.kid };
  }
  try {
    const { psk, kid, steps } = deriveSolution(crypto, solution, variant.name, {
      keys: { K_SMF: given.key },
      supi: session.supi,
      pduSessionId: session.pduSessionId,
      smfInstanceId: settings.smfInstanceId,
      ...(given.ulNasCount === undefined ? {} : { ulNasCount: given.ulNasCount }),
      ...(session.ueIp === undefined ? {} : { ueIp: session.ueIp }),
    });
    recordSteps(events, 'smf', steps);
    return { psk, kid };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new SbiProblem(403, 'SOLUTION_NOT_APPLICABLE', error.message);
  } finally {
    wipe(given.key);
  }
}

/** The vendor element that brings the PSK to the UPF. */
export function pskDeliveryFor(
  { settings }: SmfEnvironment,
  session: SmfSession,
  { psk, kid }: SuppliedPsk,
): PskDelivery {
  const { selected, pskMode, pskLifetimeSeconds, rekey } = settings;
  const replaces = session.psk !== undefined;
  const keepOldUntilUsed = replaces && rekey === 'make-before-break';
  const { solution } = selected;
  const upfId = session.selectedUpfId ?? '';
  return {
    kid,
    psk: new Secret(psk),
    flags: { operation: replaces ? 'replace' : 'add', keepOldUntilUsed },
    solution: solution.id,
    hash: 'sha256',
    ...(pskLifetimeSeconds === 0 ? {} : { lifetime: pskLifetimeSeconds }),
    generation: session.generation,
    mode: pskMode,
    ...(pskMode === 'imported'
      ? {
          importContext: importedPskContext({
            solutionCode: solution.code,
            pduSessionId: session.pduSessionId,
            upfId,
          }),
        }
      : {}),
  };
}

/**
 * What the UE needs to use the PSK: Using_PSK_indication of solution #4, and for every solution the
 * parameters that the UE cannot know by itself.
 */
export function pskIndication(
  { settings }: SmfEnvironment,
  session: SmfSession,
): ConfigurationContainer {
  const { selected, pskMode, pskLifetimeSeconds, plmn, smfInstanceId } = settings;
  const { solution, variant } = selected;
  const upfId = session.selectedUpfId;
  const needsUpf = variant.ueParameters.includes('upfId') || pskMode === 'imported';
  const parameters: PskParameters = {
    plmn,
    usingPsk: true,
    solution: solution.id,
    variant: variant.name,
    pskMode: pskMode === 'raw' ? 0 : 1,
    generation: session.generation,
    ...(pskLifetimeSeconds === 0 ? {} : { lifetime: pskLifetimeSeconds }),
    ...(needsUpf && upfId !== undefined ? { upfId } : {}),
    ...(variant.ueParameters.includes('smfInstanceId') ? { smfInstanceId } : {}),
  };
  return pskContainer(PskContainerId.indication, parameters);
}
