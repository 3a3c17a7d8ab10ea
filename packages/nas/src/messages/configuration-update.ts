import type { MessageDefinition } from '../codec/message.ts';
import { tlv, tlvE, tv1, v } from '../codec/part.ts';
import { nibble, uint8 } from '../codec/value.ts';
import { type MobileIdentity, mobileIdentity } from '../elements/mobile-identity.ts';
import { nssai, type Snssai } from '../elements/nssai.ts';
import { type TrackingAreas, trackingAreaList } from '../elements/tracking-area.ts';

/** TS 24.501 §8.2.19 */
export interface ConfigurationUpdateCommand {
  readonly type: 'configurationUpdateCommand';
  /** Bit 0: acknowledgement requested; bit 1: registration requested. */
  readonly indication?: number;
  readonly guti?: MobileIdentity;
  readonly trackingAreas?: readonly TrackingAreas[];
  readonly allowedNssai?: readonly Snssai[];
  readonly configuredNssai?: readonly Snssai[];
}

export const configurationUpdateCommand: MessageDefinition<ConfigurationUpdateCommand> = {
  type: 'configurationUpdateCommand',
  code: 0x54,
  mandatory: [],
  optional: [
    tv1(0xd0, 'indication', nibble),
    tlvE(0x77, 'guti', mobileIdentity),
    tlv(0x54, 'trackingAreas', trackingAreaList),
    tlv(0x15, 'allowedNssai', nssai),
    tlv(0x31, 'configuredNssai', nssai),
  ],
};

/** TS 24.501 §8.2.20 */
export interface ConfigurationUpdateComplete {
  readonly type: 'configurationUpdateComplete';
}

export const configurationUpdateComplete: MessageDefinition<ConfigurationUpdateComplete> = {
  type: 'configurationUpdateComplete',
  code: 0x55,
  mandatory: [],
  optional: [],
};

/** 5GMM STATUS. TS 24.501 §8.2.29 */
export interface MmStatus {
  readonly type: 'mmStatus';
  /** One of `MmCause`. */
  readonly cause: number;
}

export const mmStatus: MessageDefinition<MmStatus> = {
  type: 'mmStatus',
  code: 0x64,
  mandatory: [v('cause', uint8)],
  optional: [],
};
