import { AccessType, deriveKGnb, deriveNextHop, type TargetCell } from '@mpquic/keys';
import type { AccessName } from '@mpquic/service';
import { wipe } from '@mpquic/wire';
import { recordSteps } from '../key-events.ts';
import type { AmfEnvironment } from './amf-environment.ts';
import type { UeContext } from './ue-context.ts';

/** The access type distinguisher of TS 33.501 A.9. */
export const ACCESS_TYPE: { readonly [A in AccessName]: AccessType } = {
  '3gpp': AccessType.threeGpp,
  'non-3gpp': AccessType.nonThreeGpp,
};

/**
 * Makes K_gNB or K_N3IWF of a new CM-CONNECTED period and hands it to the access node. The COUNT is
 * that of the message that began the period, or of the Security Mode Complete where one was run in it.
 * TS 33.501 §6.8.1.2.2, A.9
 */
export function takeAccessKey(
  { crypto, events, accessNetwork }: AmfEnvironment,
  ue: UeContext,
  access: AccessName,
  ulNasCount: number,
): void {
  ue.forgetAccessKeys(access);
  const step = deriveKGnb(crypto, ue.security.kAmf, ulNasCount, ACCESS_TYPE[access]);
  recordSteps(events, 'amf', [step], access);
  const state = ue.accesses[access];
  state.accessKey = step.value;
  accessNetwork.setUp(ue.supi, access, step.value);
}

/**
 * Stand-in for a handover over Xn: the source gNB computes the key of the target by itself, and the
 * AMF only gives {NH, NCC} for the next one. TS 33.501 §6.9.2.3.2
 * @returns whether the UE is connected over 3GPP access
 */
export function handOverXn(amf: AmfEnvironment, ue: UeContext, cell: TargetCell): boolean {
  const { crypto, events, accessNetwork } = amf;
  const state = ue.accesses['3gpp'];
  if (state.accessKey === undefined || !accessNetwork.handOver(ue.supi, cell)) return false;
  const previous = state.nextHop;
  const step = deriveNextHop(crypto, ue.security.kAmf, previous?.key ?? state.accessKey);
  recordSteps(events, 'amf', [step], '3gpp');
  const chainingCounter = ((previous?.chainingCounter ?? 0) + 1) % 8;
  if (previous !== undefined) wipe(previous.key);
  state.nextHop = { key: step.value, chainingCounter };
  accessNetwork.pathSwitched(ue.supi, step.value, chainingCounter);
  return true;
}
