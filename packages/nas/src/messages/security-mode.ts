import type { MessageDefinition } from '../codec/message.ts';
import { half, halves, lv, tlv, tlvE, tv1, v } from '../codec/part.ts';
import { octets, uint8 } from '../codec/value.ts';
import { type KeySetIdentifier, keySetIdentifier } from '../elements/key-set-identifier.ts';
import { type MobileIdentity, mobileIdentity } from '../elements/mobile-identity.ts';
import {
  type AdditionalSecurityInformation,
  additionalSecurityInformation,
  type SecurityCapability,
  type SelectedAlgorithms,
  securityCapability,
  selectedAlgorithms,
} from '../elements/security.ts';
import { flag } from '../elements/session.ts';

/** TS 24.501 §8.2.25 */
export interface SecurityModeCommand {
  readonly type: 'securityModeCommand';
  readonly algorithms: SelectedAlgorithms;
  readonly ngKsi: KeySetIdentifier;
  readonly replayedCapability: SecurityCapability;
  readonly imeisvRequested?: boolean;
  readonly additionalInformation?: AdditionalSecurityInformation;
  readonly abba?: Uint8Array;
}

export const securityModeCommand: MessageDefinition<SecurityModeCommand> = {
  type: 'securityModeCommand',
  code: 0x5d,
  mandatory: [
    v('algorithms', selectedAlgorithms),
    halves(half('ngKsi', keySetIdentifier)),
    lv('replayedCapability', securityCapability),
  ],
  optional: [
    tv1(0xe0, 'imeisvRequested', flag),
    tlv(0x36, 'additionalInformation', additionalSecurityInformation),
    tlv(0x38, 'abba', octets(2, 255)),
  ],
};

/** TS 24.501 §8.2.26 */
export interface SecurityModeComplete {
  readonly type: 'securityModeComplete';
  readonly imeisv?: MobileIdentity;
  /** The complete initial message. */
  readonly messageContainer?: Uint8Array;
}

export const securityModeComplete: MessageDefinition<SecurityModeComplete> = {
  type: 'securityModeComplete',
  code: 0x5e,
  mandatory: [],
  optional: [tlvE(0x77, 'imeisv', mobileIdentity), tlvE(0x71, 'messageContainer', octets(1))],
};

/** TS 24.501 §8.2.27 */
export interface SecurityModeReject {
  readonly type: 'securityModeReject';
  /** One of `MmCause`. */
  readonly cause: number;
}

export const securityModeReject: MessageDefinition<SecurityModeReject> = {
  type: 'securityModeReject',
  code: 0x5f,
  mandatory: [v('cause', uint8)],
  optional: [],
};
