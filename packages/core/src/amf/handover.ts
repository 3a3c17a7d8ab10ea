import {
  deriveKGnb,
  deriveNextHop,
  HANDOVER_COUNT,
  KAmfDirection,
  type TargetCell,
} from '@mpquic/keys';
import { writeHandoverSecurity, writeN1ModeContainer } from '@mpquic/nas';
import { wipe } from '@mpquic/wire';
import { recordSteps } from '../key-events.ts';
import type { AmfEnvironment } from './amf-environment.ts';
import { applyKeyPolicy } from './key-policy.ts';
import { alignConnections } from './reauthentication.ts';
import { AmfSecurityContext, horizontalKAmf } from './security-context.ts';
import type { UeContext } from './ue-context.ts';

/**
 * Stand-in for a handover over Xn: the source gNB computes the key of the target by itself, and the
 * AMF only gives {NH, NCC} for the next one. TS 33.501 §6.9.2.3.2
 * @returns chaining counter of the key at the target, which the UE learns with the handover command; undefined
 *   where the UE is not connected over 3GPP access
 */
export function handOverXn(
  amf: AmfEnvironment,
  ue: UeContext,
  cell: TargetCell,
): number | undefined {
  const { accessKey } = ue.accesses['3gpp'];
  if (accessKey === undefined) return undefined;
  const chainingCounter = amf.accessNetwork.handOver(ue.supi, cell);
  if (chainingCounter === undefined) return undefined;
  const { key, chainingCounter: next } = advanceNextHop(amf, ue, accessKey);
  amf.accessNetwork.pathSwitched(ue.supi, key, next);
  return chainingCounter;
}

/**
 * The AMF keeps {NH, NCC = 1} of a new K_gNB to itself, and every handover takes the chain one step on.
 * TS 33.501 §6.9.2.1.1, A.10
 */
function advanceNextHop({ crypto, events }: AmfEnvironment, ue: UeContext, kGnb: Uint8Array) {
  const state = ue.accesses['3gpp'];
  const first = (): NonNullable<typeof state.nextHop> => {
    const step = deriveNextHop(crypto, ue.security.kAmf, kGnb);
    recordSteps(events, 'amf', [step], '3gpp');
    return { key: step.value, chainingCounter: 1 };
  };
  const previous = state.nextHop ?? first();
  const step = deriveNextHop(crypto, ue.security.kAmf, previous.key);
  recordSteps(events, 'amf', [step], '3gpp');
  wipe(previous.key);
  const chainingCounter = (previous.chainingCounter + 1) % CHAINING_COUNTERS;
  state.nextHop = { key: step.value, chainingCounter };
  return state.nextHop;
}

const CHAINING_COUNTERS = 8;

/**
 * Stand-in for a handover over N2 with a change of K_AMF: K_AMF' from the downlink NAS COUNT, a K_gNB of it that
 * goes to the target gNB, and the container from which the UE makes the same. All NAS COUNTs begin anew.
 * TS 33.501 §6.9.2.3.3, A.13
 * @returns value of the Intra N1 mode NAS transparent container, which the UE gets with the handover command;
 *   undefined where the UE is not connected over 3GPP access, or is just taking another context into use
 */
export function handOverN2(
  amf: AmfEnvironment,
  ue: UeContext,
  cell: TargetCell,
): Uint8Array | undefined {
  const { crypto, events, accessNetwork } = amf;
  const { security: previous } = ue;
  const { connection } = ue.accesses['3gpp'];
  if (connection === undefined || connection.security !== previous) return undefined;
  const { ngKsi, kSeaf, nas } = previous;
  const { algorithms } = nas;
  const downlinkCount = nas.counts['3gpp'].takeSent();
  const prime = horizontalKAmf(crypto, previous, KAmfDirection.handover, downlinkCount);
  recordSteps(events, 'amf', [prime], '3gpp');
  const kAmf = prime.value;
  const next = new AmfSecurityContext(crypto, events, {
    ngKsi,
    kAmf,
    kSeaf: kSeaf?.slice(),
    algorithms,
  });
  connection.pause();
  connection.security = next;
  ue.replaceSecurity(next);
  ue.forgetAccessKeys('3gpp');
  const kGnb = deriveKGnb(crypto, kAmf, HANDOVER_COUNT);
  recordSteps(events, 'amf', [kGnb], '3gpp');
  ue.accesses['3gpp'].accessKey = kGnb.value;
  accessNetwork.handOverByAmf(ue.supi, kGnb.value, cell);
  const authenticated = writeHandoverSecurity({
    algorithms,
    horizontalDerivation: true,
    ngKsi,
    sequenceNumber: downlinkCount & 0xff,
  });
  return writeN1ModeContainer(next.nas.handoverMac(authenticated), authenticated);
}

/**
 * HANDOVER NOTIFY: the UE is at the target and holds K_AMF' as well. What else hangs on K_AMF follows.
 */
export async function completeHandOverN2(amf: AmfEnvironment, ue: UeContext): Promise<void> {
  amf.accessNetwork.notifyHandover(ue.supi);
  ue.accesses['3gpp'].connection?.resume();
  await alignConnections(amf, ue);
  await applyKeyPolicy(amf, ue);
}
