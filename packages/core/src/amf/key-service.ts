import { type DerivationInputs, deriveSolution, type KeyName, keyFromAmf } from '@mpquic/keys';
import { PayloadType, PskContainerId, pskContainer } from '@mpquic/nas';
import { Secret, UsageError, wipe } from '@mpquic/wire';
import { recordSteps } from '../key-events.ts';
import { SbiProblem } from '../sbi/problem.ts';
import { ACCESS_TYPE } from './access-keys.ts';
import type { AmfEnvironment } from './amf-environment.ts';
import type { AttachedKey } from './session-client.ts';
import type { AmfSession, UeContext } from './ue-context.ts';

/** What the SMF knows and the AMF does not. */
export interface SmfInputs {
  readonly smfInstanceId?: string | undefined;
  readonly upfId?: string | undefined;
  readonly ueIp?: string | undefined;
}

/** What the AMF hands out for a session: a PSK with its KID, or the intermediate key. */
export interface IssuedKey {
  readonly name: 'PSK' | 'K_SMF';
  /** 32 octets; wiped by whoever got it. */
  readonly key: Uint8Array;
  readonly kid: Uint8Array | undefined;
  /** 16 octets, with solution #6. */
  readonly rand: Uint8Array | undefined;
  readonly ulNasCount: number;
}

/**
 * Derives what the configured solution lets the AMF derive.
 * @throws {SbiProblem} 403 where the solution does not apply to this session
 */
export function issueKey(
  amf: AmfEnvironment,
  ue: UeContext,
  session: AmfSession,
  fromSmf: SmfInputs,
): IssuedKey {
  const { crypto, events, settings } = amf;
  const { solution, variant, delivery } = settings.selected;
  const rand = variant.inputs.includes('rand') ? crypto.random.fill(new Uint8Array(16)) : undefined;
  const newest = ue.security.nas.counts[session.access].lastReceived;
  const ulNasCount =
    settings.countSource === 'current' && newest !== undefined ? newest : session.ulNasCount;
  const inputs = inputsOf(ue, session, fromSmf, rand, ulNasCount);
  const given = keyFromAmf(variant, delivery);
  try {
    if (given === 'K_SMF' && solution.deriveIntermediate !== undefined) {
      const step = solution.deriveIntermediate(crypto, variant, inputs);
      recordSteps(events, 'amf', [step]);
      return { name: 'K_SMF', key: step.value, kid: undefined, rand, ulNasCount };
    }
    if (given !== 'psk') throw new UsageError(`solution ${solution.id} gives the SMF no key`);
    const { psk, kid, steps } = deriveSolution(crypto, solution, variant.name, inputs);
    recordSteps(events, 'amf', steps);
    for (const { value } of steps) if (value !== psk && value !== kid) wipe(value);
    return { name: 'PSK', key: psk, kid, rand, ulNasCount };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new SbiProblem(403, 'SOLUTION_NOT_APPLICABLE', error.message);
  }
}

/** Solution #3 step 2: the key that goes with the request to create the SM context, if any does. */
export function keyForCreation(
  amf: AmfEnvironment,
  ue: UeContext,
  session: AmfSession,
): AttachedKey | undefined {
  const { delivery, variant } = amf.settings.selected;
  if (delivery.keyRequest !== 'amf_with_create_sm_context' || !session.multiAccess)
    return undefined;
  // The AMF selects the SMF at this step, and so knows its instance.
  const smfInstanceId = variant.inputs.includes('smfInstanceId')
    ? amf.settings.smfInstanceId
    : undefined;
  const { name, key, kid } = issueKey(amf, ue, session, { smfInstanceId });
  return { name, key, kid };
}

/** Solution #6 step 5b: key, or random number, and PDU session ID to the UE. */
export function pushToUe(
  amf: AmfEnvironment,
  ue: UeContext,
  session: AmfSession,
  issued: IssuedKey,
  generation: number,
): void {
  const connection = ue.reachableOver(session.access);
  if (connection === undefined) {
    throw new SbiProblem(504, 'UE_NOT_REACHABLE', 'the UE is CM-IDLE over both accesses');
  }
  const { solution, variant } = amf.settings.selected;
  const pushesKey = variant.pushesKeyToUe === true;
  const secret = pushesKey ? new Secret(issued.key) : undefined;
  const { content } = pskContainer(PskContainerId.keyDelivery, {
    plmn: amf.settings.plmn,
    solution: solution.id,
    variant: variant.name,
    generation,
    ...(issued.kid === undefined ? {} : { kid: issued.kid }),
    ...(secret === undefined ? {} : { psk: secret }),
    ...(pushesKey || issued.rand === undefined ? {} : { random: issued.rand }),
  });
  secret?.dispose();
  connection.send(
    {
      type: 'downlinkNasTransport',
      payloadType: PayloadType.transparent,
      payload: content,
      pduSessionId: session.pduSessionId,
    },
    pushesKey,
  );
}

function inputsOf(
  ue: UeContext,
  session: AmfSession,
  fromSmf: SmfInputs,
  rand: Uint8Array | undefined,
  ulNasCount: number,
): DerivationInputs {
  const { smfInstanceId, upfId, ueIp } = fromSmf;
  const { security, accesses, supi } = ue;
  // One K_gNB for each access: over non-3GPP access it is K_N3IWF. TS 33.501 A.9
  const kGnb = accesses[session.access].accessKey;
  const keys: { [Name in KeyName]?: Uint8Array } = { K_AMF: security.kAmf };
  if (security.kSeaf !== undefined) keys.K_SEAF = security.kSeaf;
  if (kGnb !== undefined) keys.K_gNB = kGnb;
  return {
    keys,
    supi,
    pduSessionId: session.pduSessionId,
    ulNasCount,
    accessType: ACCESS_TYPE[session.access],
    ...(smfInstanceId === undefined ? {} : { smfInstanceId }),
    ...(upfId === undefined ? {} : { upfId }),
    ...(ueIp === undefined ? {} : { ueIp }),
    ...(rand === undefined ? {} : { rand }),
  };
}
