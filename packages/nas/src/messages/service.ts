import type { MessageDefinition } from '../codec/message.ts';
import { half, halves, lvE, tlv, tlvE, v } from '../codec/part.ts';
import { nibble, octets, sessionBitmap, uint8 } from '../codec/value.ts';
import { type KeySetIdentifier, keySetIdentifier } from '../elements/key-set-identifier.ts';
import { type MobileIdentity, mobileIdentity } from '../elements/mobile-identity.ts';

/** Service type values. TS 24.501 §9.11.3.50 */
export const ServiceType = { signalling: 0, data: 1, mobileTerminated: 2 } as const;

/** TS 24.501 §8.2.16 */
export interface ServiceRequest {
  readonly type: 'serviceRequest';
  readonly ngKsi: KeySetIdentifier;
  /** One of {@link ServiceType}. */
  readonly serviceType: number;
  /** A 5G-S-TMSI. */
  readonly identity: MobileIdentity;
  readonly uplinkDataStatus?: number;
  readonly pduSessionStatus?: number;
  readonly allowedPduSessionStatus?: number;
  readonly messageContainer?: Uint8Array;
}

export const serviceRequest: MessageDefinition<ServiceRequest> = {
  type: 'serviceRequest',
  code: 0x4c,
  mandatory: [
    halves(half('ngKsi', keySetIdentifier), half('serviceType', nibble)),
    lvE('identity', mobileIdentity),
  ],
  optional: [
    tlv(0x40, 'uplinkDataStatus', sessionBitmap),
    tlv(0x50, 'pduSessionStatus', sessionBitmap),
    tlv(0x25, 'allowedPduSessionStatus', sessionBitmap),
    tlvE(0x71, 'messageContainer', octets(1)),
  ],
};

/** TS 24.501 §8.2.17 */
export interface ServiceAccept {
  readonly type: 'serviceAccept';
  readonly pduSessionStatus?: number;
  readonly reactivationResult?: number;
}

export const serviceAccept: MessageDefinition<ServiceAccept> = {
  type: 'serviceAccept',
  code: 0x4e,
  mandatory: [],
  optional: [
    tlv(0x50, 'pduSessionStatus', sessionBitmap),
    tlv(0x26, 'reactivationResult', sessionBitmap),
  ],
};

/** TS 24.501 §8.2.18 */
export interface ServiceReject {
  readonly type: 'serviceReject';
  /** One of `MmCause`. */
  readonly cause: number;
  readonly pduSessionStatus?: number;
  /** GPRS timer 2. */
  readonly t3346?: number;
}

export const serviceReject: MessageDefinition<ServiceReject> = {
  type: 'serviceReject',
  code: 0x4d,
  mandatory: [v('cause', uint8)],
  optional: [tlv(0x50, 'pduSessionStatus', sessionBitmap), tlv(0x5f, 't3346', uint8)],
};

/** TS 24.501 §8.2.23 */
export interface Notification {
  readonly type: 'notification';
  /** 1 3GPP access, 2 non-3GPP access. */
  readonly accessType: number;
}

export const notification: MessageDefinition<Notification> = {
  type: 'notification',
  code: 0x65,
  mandatory: [halves(half('accessType', nibble))],
  optional: [],
};

/** TS 24.501 §8.2.24 */
export interface NotificationResponse {
  readonly type: 'notificationResponse';
  readonly pduSessionStatus?: number;
}

export const notificationResponse: MessageDefinition<NotificationResponse> = {
  type: 'notificationResponse',
  code: 0x66,
  mandatory: [],
  optional: [tlv(0x50, 'pduSessionStatus', sessionBitmap)],
};
