import { AccessType, deriveKGnb } from '@mpquic/keys';
import type { AccessName } from '@mpquic/service';
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
  amf: AmfEnvironment,
  ue: UeContext,
  access: AccessName,
  ulNasCount: number,
): void {
  amf.accessNetwork.setUp(ue.supi, access, newAccessKey(amf, ue, access, ulNasCount));
}

/**
 * The connection goes on under another K_AMF, and the key of its access node follows: re-keying on the
 * fly, with the COUNT of the Security Mode Complete. TS 33.501 §6.9.4.4 has it for the gNB; that K_N3IWF
 * follows in the same way is a choice of this testbed.
 */
export function renewAccessKey(
  amf: AmfEnvironment,
  ue: UeContext,
  access: AccessName,
  ulNasCount: number,
): void {
  amf.accessNetwork.rekey(ue.supi, access, newAccessKey(amf, ue, access, ulNasCount));
}

function newAccessKey(
  { crypto, events }: AmfEnvironment,
  ue: UeContext,
  access: AccessName,
  ulNasCount: number,
): Uint8Array {
  ue.forgetAccessKeys(access);
  const step = deriveKGnb(crypto, ue.security.kAmf, ulNasCount, ACCESS_TYPE[access]);
  recordSteps(events, 'amf', [step], access);
  ue.accesses[access].accessKey = step.value;
  return step.value;
}
