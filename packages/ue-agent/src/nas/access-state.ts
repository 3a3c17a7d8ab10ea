import type { Access } from '@mpquic/nas';
import { wipe } from '@mpquic/wire';
import type { NasChannel } from './nas-channel.ts';
import type { UeSecurityContext } from './security-context.ts';

/** The UE on one access. */
export interface AccessState {
  readonly access: Access;
  registered: boolean;
  /** The N1 signalling connection: CM-CONNECTED while there is one. */
  channel: NasChannel | undefined;
  /** The octets of the last initial message, which a Security Mode Command may ask for again. */
  initialMessage: Uint8Array | undefined;
  /** Uplink NAS COUNT of the last initial message, 0 where it went unprotected. */
  initialCount: number;
  /** K_gNB or K_N3IWF of this CM-CONNECTED period. TS 33.501 A.9 */
  accessKey: Uint8Array | undefined;
  /** The context whose K_AMF that key was derived from. */
  accessRoot: UeSecurityContext | undefined;
  /** How many NHs lie before that key. */
  chainingCounter: number;
  /** The last NH of the chain that began with K_gNB. TS 33.501 §6.9.2.1.1 */
  nextHop: { readonly key: Uint8Array; readonly chainingCounter: number } | undefined;
}

export function createAccessState(access: Access): AccessState {
  return {
    access,
    registered: false,
    channel: undefined,
    initialMessage: undefined,
    initialCount: 0,
    accessKey: undefined,
    accessRoot: undefined,
    chainingCounter: 0,
    nextHop: undefined,
  };
}

/** Overwrites the key of the access node, and what was made of it. */
export function forgetAccessKey(state: AccessState): void {
  if (state.accessKey !== undefined) wipe(state.accessKey);
  if (state.nextHop !== undefined) wipe(state.nextHop.key);
  state.nextHop = undefined;
  state.chainingCounter = 0;
  state.accessKey = undefined;
  state.accessRoot = undefined;
}
