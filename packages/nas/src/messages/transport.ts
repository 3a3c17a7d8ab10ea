import type { MessageDefinition } from '../codec/message.ts';
import { half, halves, lvE, tlv, tv, tv1 } from '../codec/part.ts';
import { nibble, octets, uint8 } from '../codec/value.ts';
import { dnn } from '../elements/dnn.ts';
import { type Snssai, snssai } from '../elements/nssai.ts';

/** Payload container type values. TS 24.501 §9.11.3.40 */
export const PayloadType = { n1Sm: 1, sms: 2, lpp: 3, transparent: 4, policy: 5 } as const;

/** Request type values. TS 24.501 §9.11.3.47 */
export const RequestType = {
  initialRequest: 1,
  existingPduSession: 2,
  initialEmergencyRequest: 3,
  existingEmergencySession: 4,
  modificationRequest: 5,
  maPduRequest: 6,
} as const;

/** MA PDU session information: the UE asks whether its session may become multi-access. TS 24.501 §9.11.3.31A */
export const MaPduSessionInformation = { upgradeAllowed: 1 } as const;

/** TS 24.501 §8.2.10 */
export interface UplinkNasTransport {
  readonly type: 'uplinkNasTransport';
  /** One of {@link PayloadType}. */
  readonly payloadType: number;
  readonly payload: Uint8Array;
  readonly pduSessionId?: number;
  readonly oldPduSessionId?: number;
  /** One of {@link RequestType}. */
  readonly requestType?: number;
  readonly snssai?: Snssai;
  readonly dnn?: string;
  readonly additionalInformation?: Uint8Array;
  /** One of {@link MaPduSessionInformation}. */
  readonly maPduSessionInformation?: number;
}

export const uplinkNasTransport: MessageDefinition<UplinkNasTransport> = {
  type: 'uplinkNasTransport',
  code: 0x67,
  mandatory: [halves(half('payloadType', nibble)), lvE('payload', octets(1))],
  optional: [
    tv(0x12, 'pduSessionId', 1, uint8),
    tv(0x59, 'oldPduSessionId', 1, uint8),
    tv1(0x80, 'requestType', nibble),
    tlv(0x22, 'snssai', snssai),
    tlv(0x25, 'dnn', dnn),
    tlv(0x24, 'additionalInformation', octets(1, 255)),
    tv1(0xa0, 'maPduSessionInformation', nibble),
  ],
};

/** TS 24.501 §8.2.11 */
export interface DownlinkNasTransport {
  readonly type: 'downlinkNasTransport';
  /** One of {@link PayloadType}. */
  readonly payloadType: number;
  readonly payload: Uint8Array;
  readonly pduSessionId?: number;
  readonly additionalInformation?: Uint8Array;
  /** Why an uplink payload could not be forwarded; one of `MmCause`. */
  readonly cause?: number;
  /** GPRS timer 3. */
  readonly backOffTimer?: number;
}

export const downlinkNasTransport: MessageDefinition<DownlinkNasTransport> = {
  type: 'downlinkNasTransport',
  code: 0x68,
  mandatory: [halves(half('payloadType', nibble)), lvE('payload', octets(1))],
  optional: [
    tv(0x12, 'pduSessionId', 1, uint8),
    tlv(0x24, 'additionalInformation', octets(1, 255)),
    tv(0x58, 'cause', 1, uint8),
    tlv(0x37, 'backOffTimer', uint8),
  ],
};
