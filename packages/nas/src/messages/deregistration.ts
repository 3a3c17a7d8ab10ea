import type { MessageDefinition } from '../codec/message.ts';
import { half, halves, lvE, tlv, tv } from '../codec/part.ts';
import { type HalfCodec, uint8 } from '../codec/value.ts';
import { type KeySetIdentifier, keySetIdentifier } from '../elements/key-set-identifier.ts';
import { type MobileIdentity, mobileIdentity } from '../elements/mobile-identity.ts';

/** De-registration type. TS 24.501 §9.11.3.20 */
export interface DeregistrationType {
  /** 1 3GPP access, 2 non-3GPP access, 3 both. */
  readonly access: number;
  /** Network to UE only. */
  readonly reregistrationRequired: boolean;
  /** UE to network: no answer is awaited. */
  readonly switchOff: boolean;
}

const deregistrationType: HalfCodec<DeregistrationType> = {
  read: (bits) => ({
    access: bits & 0x03,
    reregistrationRequired: (bits & 0x04) !== 0,
    switchOff: (bits & 0x08) !== 0,
  }),
  write: ({ access, reregistrationRequired, switchOff }) =>
    access | (reregistrationRequired ? 0x04 : 0) | (switchOff ? 0x08 : 0),
};

/** From the UE. TS 24.501 §8.2.12 */
export interface DeregistrationRequestFromUe {
  readonly type: 'deregistrationRequestFromUe';
  readonly deregistrationType: DeregistrationType;
  readonly ngKsi: KeySetIdentifier;
  readonly identity: MobileIdentity;
}

export const deregistrationRequestFromUe: MessageDefinition<DeregistrationRequestFromUe> = {
  type: 'deregistrationRequestFromUe',
  code: 0x45,
  mandatory: [
    halves(half('deregistrationType', deregistrationType), half('ngKsi', keySetIdentifier)),
    lvE('identity', mobileIdentity),
  ],
  optional: [],
};

/** From the network, to a request of the UE. TS 24.501 §8.2.13 */
export interface DeregistrationAcceptToUe {
  readonly type: 'deregistrationAcceptToUe';
}

export const deregistrationAcceptToUe: MessageDefinition<DeregistrationAcceptToUe> = {
  type: 'deregistrationAcceptToUe',
  code: 0x46,
  mandatory: [],
  optional: [],
};

/** From the network. TS 24.501 §8.2.14 */
export interface DeregistrationRequestToUe {
  readonly type: 'deregistrationRequestToUe';
  readonly deregistrationType: DeregistrationType;
  /** One of `MmCause`. */
  readonly cause?: number;
  /** GPRS timer 2. */
  readonly t3346?: number;
}

export const deregistrationRequestToUe: MessageDefinition<DeregistrationRequestToUe> = {
  type: 'deregistrationRequestToUe',
  code: 0x47,
  mandatory: [halves(half('deregistrationType', deregistrationType))],
  optional: [tv(0x58, 'cause', 1, uint8), tlv(0x5f, 't3346', uint8)],
};

/** From the UE, to a request of the network. TS 24.501 §8.2.15 */
export interface DeregistrationAcceptFromUe {
  readonly type: 'deregistrationAcceptFromUe';
}

export const deregistrationAcceptFromUe: MessageDefinition<DeregistrationAcceptFromUe> = {
  type: 'deregistrationAcceptFromUe',
  code: 0x48,
  mandatory: [],
  optional: [],
};
