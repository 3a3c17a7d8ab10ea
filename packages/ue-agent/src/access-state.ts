import type { Access } from '@mpquic/nas';
import { wipe } from '@mpquic/wire';
import type { NasChannel } from './nas-channel.ts';

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
}

export function createAccessState(access: Access): AccessState {
  return {
    access,
    registered: false,
    channel: undefined,
    initialMessage: undefined,
    initialCount: 0,
    accessKey: undefined,
  };
}

/** Overwrites the key of the access node. */
export function forgetAccessKey(state: AccessState): void {
  if (state.accessKey !== undefined) wipe(state.accessKey);
  state.accessKey = undefined;
}
