import {
  deriveKGnb,
  deriveKNgRanStar,
  deriveNextHop,
  HANDOVER_COUNT,
  type TargetCell,
} from '@mpquic/keys';
import { wipe } from '@mpquic/wire';
import { UeFailure } from '../failure.ts';
import { recordSteps, type UeEnvironment } from '../ue-environment.ts';
import { type AccessState, forgetAccessKey } from './access-state.ts';
import type { SecurityProcedures } from './security-procedures.ts';

/** What the source gNB tells the UE with the handover command, beside the cell. */
export interface HandoverCommand {
  /** Of the key at the target; that of the key in use when absent. */
  readonly chainingCounter?: number | undefined;
  /** Intra N1 mode NAS transparent container, 7 octets: K_AMF changes. */
  readonly nasContainer?: Uint8Array | undefined;
}

/**
 * A handover over 3GPP access as the UE sees it: K_NG-RAN* of the new cell replaces K_gNB.
 * TS 33.501 §6.9.2.3.2, §6.9.2.3.3
 * @throws {UeFailure} `not_authentic` where the container is not of the network in use
 */
export function handOver(
  environment: UeEnvironment,
  security: SecurityProcedures,
  state: AccessState,
  cell: TargetCell,
  command: HandoverCommand,
): void {
  if (state.accessKey === undefined || state.channel === undefined) {
    throw new UeFailure('protocol', 'no connection over 3GPP access');
  }
  if (command.nasContainer !== undefined) {
    changeKAmf(environment, security, state, command.nasContainer);
  }
  const chainingCounter = command.chainingCounter ?? state.chainingCounter;
  const vertical = chainingCounter !== state.chainingCounter;
  const nextHop = nextHopOf(environment, state, chainingCounter);
  const from = vertical ? nextHop : state.accessKey;
  const step = deriveKNgRanStar(environment.crypto, vertical ? 'NH' : 'K_gNB', from, cell);
  recordSteps(environment.events, [step], '3gpp');
  wipe(state.accessKey);
  state.accessKey = step.value;
  state.chainingCounter = chainingCounter;
}

/** K_AMF' and the K_gNB that belongs to it. TS 33.501 §6.9.2.3.3, A.13 */
function changeKAmf(
  { crypto, events }: UeEnvironment,
  security: SecurityProcedures,
  state: AccessState,
  nasContainer: Uint8Array,
): void {
  const channel = state.channel;
  const context = channel && security.handOver(channel, nasContainer);
  if (context === undefined) {
    throw new UeFailure('not_authentic', 'the handover command is not of the network in use');
  }
  const step = deriveKGnb(crypto, context.kAmf, HANDOVER_COUNT);
  recordSteps(events, [step], '3gpp');
  forgetAccessKey(state);
  state.accessKey = step.value;
  state.accessRoot = context;
}

/** NH of a chaining counter; the chain starts from the K_gNB of this CM-CONNECTED period. TS 33.501 A.10 */
function nextHopOf(
  { crypto, events }: UeEnvironment,
  state: AccessState,
  chainingCounter: number,
): Uint8Array {
  const { accessKey, accessRoot } = state;
  if (accessKey === undefined || accessRoot === undefined) {
    throw new UeFailure('protocol', 'no connection over 3GPP access');
  }
  const after = (key: Uint8Array): Uint8Array => {
    const step = deriveNextHop(crypto, accessRoot.kAmf, key);
    recordSteps(events, [step], '3gpp');
    return step.value;
  };
  let nextHop = state.nextHop ?? { key: after(accessKey), chainingCounter: 1 };
  for (let i = 0; i < CHAINING_COUNTERS; i++) {
    if (nextHop.chainingCounter === chainingCounter || chainingCounter === state.chainingCounter) {
      break;
    }
    const key = after(nextHop.key);
    wipe(nextHop.key);
    nextHop = { key, chainingCounter: (nextHop.chainingCounter + 1) % CHAINING_COUNTERS };
  }
  state.nextHop = nextHop;
  return nextHop.key;
}

const CHAINING_COUNTERS = 8;
