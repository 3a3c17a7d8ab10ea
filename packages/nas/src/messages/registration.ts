import type { MessageDefinition } from '../codec/message.ts';
import { half, halves, lv, lvE, tlv, tlvE, tv, tv1, v } from '../codec/part.ts';
import { type HalfCodec, octets, sessionBitmap, uint8, type ValueCodec } from '../codec/value.ts';
import { type KeySetIdentifier, keySetIdentifier } from '../elements/key-set-identifier.ts';
import { type MobileIdentity, mobileIdentity } from '../elements/mobile-identity.ts';
import { nssai, type Snssai } from '../elements/nssai.ts';
import { type SecurityCapability, securityCapability } from '../elements/security.ts';
import { type TrackingAreas, trackingArea, trackingAreaList } from '../elements/tracking-area.ts';

/** 5GS registration type values. TS 24.501 §9.11.3.7 */
export const RegistrationKind = {
  initial: 1,
  mobilityUpdate: 2,
  periodicUpdate: 3,
  emergency: 4,
} as const;

/** 5GS registration type. TS 24.501 §9.11.3.7 */
export interface RegistrationType {
  /** One of {@link RegistrationKind}. */
  readonly kind: number;
  readonly followOnRequestPending: boolean;
}

const registrationType: HalfCodec<RegistrationType> = {
  read: (bits) => ({ kind: bits & 0x07, followOnRequestPending: (bits & 0x08) !== 0 }),
  write: ({ kind, followOnRequestPending }) => (followOnRequestPending ? 0x08 : 0) | kind,
};

/** TS 24.501 §8.2.6 */
export interface RegistrationRequest {
  readonly type: 'registrationRequest';
  readonly registrationType: RegistrationType;
  readonly ngKsi: KeySetIdentifier;
  readonly identity: MobileIdentity;
  readonly nonCurrentNgKsi?: KeySetIdentifier;
  /** 5GMM capability, 1 to 13 octets. */
  readonly capability?: Uint8Array;
  readonly securityCapability?: SecurityCapability;
  readonly requestedNssai?: readonly Snssai[];
  readonly lastVisitedTrackingArea?: TrackingAreas;
  readonly uplinkDataStatus?: number;
  /** Bit n is PDU session n. */
  readonly pduSessionStatus?: number;
  readonly additionalGuti?: MobileIdentity;
  /** The whole ciphered initial message, in a partly ciphered one. */
  readonly messageContainer?: Uint8Array;
}

export const registrationRequest: MessageDefinition<RegistrationRequest> = {
  type: 'registrationRequest',
  code: 0x41,
  mandatory: [
    halves(half('registrationType', registrationType), half('ngKsi', keySetIdentifier)),
    lvE('identity', mobileIdentity),
  ],
  optional: [
    tv1(0xc0, 'nonCurrentNgKsi', keySetIdentifier),
    tlv(0x10, 'capability', octets(1, 13)),
    tlv(0x2e, 'securityCapability', securityCapability),
    tlv(0x2f, 'requestedNssai', nssai),
    tv(0x52, 'lastVisitedTrackingArea', 6, trackingArea),
    tlv(0x40, 'uplinkDataStatus', sessionBitmap),
    tlv(0x50, 'pduSessionStatus', sessionBitmap),
    tlvE(0x77, 'additionalGuti', mobileIdentity),
    tlvE(0x71, 'messageContainer', octets(1)),
  ],
};

/** 5GS registration result. TS 24.501 §9.11.3.6 */
export interface RegistrationResult {
  /** 1 3GPP access, 2 non-3GPP access, 3 both. */
  readonly access: number;
  readonly smsAllowed: boolean;
}

const registrationResult: ValueCodec<RegistrationResult> = {
  read(reader) {
    const octet = reader.uint8();
    return { access: octet & 0x07, smsAllowed: (octet & 0x08) !== 0 };
  },
  write: (writer, { access, smsAllowed }) => writer.uint8((smsAllowed ? 0x08 : 0) | access),
};

/** TS 24.501 §8.2.7 */
export interface RegistrationAccept {
  readonly type: 'registrationAccept';
  readonly result: RegistrationResult;
  readonly guti?: MobileIdentity;
  readonly trackingAreas?: readonly TrackingAreas[];
  readonly allowedNssai?: readonly Snssai[];
  readonly configuredNssai?: readonly Snssai[];
  /** 5GS network feature support, 1 to 3 octets. */
  readonly networkFeatures?: Uint8Array;
  readonly pduSessionStatus?: number;
  readonly reactivationResult?: number;
  /** GPRS timer 3: one octet of unit and value. */
  readonly t3512?: number;
  /** GPRS timer 2. */
  readonly non3gppDeregistrationTimer?: number;
  /** GPRS timer 2. */
  readonly t3502?: number;
}

export const registrationAccept: MessageDefinition<RegistrationAccept> = {
  type: 'registrationAccept',
  code: 0x42,
  mandatory: [lv('result', registrationResult)],
  optional: [
    tlvE(0x77, 'guti', mobileIdentity),
    tlv(0x54, 'trackingAreas', trackingAreaList),
    tlv(0x15, 'allowedNssai', nssai),
    tlv(0x31, 'configuredNssai', nssai),
    tlv(0x21, 'networkFeatures', octets(1, 3)),
    tlv(0x50, 'pduSessionStatus', sessionBitmap),
    tlv(0x26, 'reactivationResult', sessionBitmap),
    tlv(0x5e, 't3512', uint8),
    tlv(0x5d, 'non3gppDeregistrationTimer', uint8),
    tlv(0x16, 't3502', uint8),
  ],
};

/** TS 24.501 §8.2.8 */
export interface RegistrationComplete {
  readonly type: 'registrationComplete';
}

export const registrationComplete: MessageDefinition<RegistrationComplete> = {
  type: 'registrationComplete',
  code: 0x43,
  mandatory: [],
  optional: [],
};

/** TS 24.501 §8.2.9 */
export interface RegistrationReject {
  readonly type: 'registrationReject';
  /** One of `MmCause`. */
  readonly cause: number;
  /** GPRS timer 2. */
  readonly t3346?: number;
  readonly t3502?: number;
}

export const registrationReject: MessageDefinition<RegistrationReject> = {
  type: 'registrationReject',
  code: 0x44,
  mandatory: [v('cause', uint8)],
  optional: [tlv(0x5f, 't3346', uint8), tlv(0x16, 't3502', uint8)],
};
