import type { MessageDefinition } from '../codec/message.ts';
import { half, halves, lv, lvE, tlv, tlvE, tv, v } from '../codec/part.ts';
import { fixedOctets, octets, uint8 } from '../codec/value.ts';
import { type KeySetIdentifier, keySetIdentifier } from '../elements/key-set-identifier.ts';

/** TS 24.501 §8.2.1 */
export interface AuthenticationRequest {
  readonly type: 'authenticationRequest';
  readonly ngKsi: KeySetIdentifier;
  /** Anti-bidding down parameter, at least 2 octets. */
  readonly abba: Uint8Array;
  /** 16 octets. */
  readonly rand?: Uint8Array;
  /** 16 octets. */
  readonly autn?: Uint8Array;
}

export const authenticationRequest: MessageDefinition<AuthenticationRequest> = {
  type: 'authenticationRequest',
  code: 0x56,
  mandatory: [halves(half('ngKsi', keySetIdentifier)), lv('abba', octets(2, 255))],
  optional: [tv(0x21, 'rand', 16, fixedOctets(16)), tlv(0x20, 'autn', octets(16, 16))],
};

/** TS 24.501 §8.2.2 */
export interface AuthenticationResponse {
  readonly type: 'authenticationResponse';
  /** RES*, 16 octets. */
  readonly resStar?: Uint8Array;
}

export const authenticationResponse: MessageDefinition<AuthenticationResponse> = {
  type: 'authenticationResponse',
  code: 0x57,
  mandatory: [],
  optional: [tlv(0x2d, 'resStar', octets(16, 16))],
};

/** TS 24.501 §8.2.3 */
export interface AuthenticationResult {
  readonly type: 'authenticationResult';
  readonly ngKsi: KeySetIdentifier;
  readonly eapMessage: Uint8Array;
  readonly abba?: Uint8Array;
}

export const authenticationResult: MessageDefinition<AuthenticationResult> = {
  type: 'authenticationResult',
  code: 0x5a,
  mandatory: [halves(half('ngKsi', keySetIdentifier)), lvE('eapMessage', octets(4, 1500))],
  optional: [tlv(0x38, 'abba', octets(2, 255))],
};

/** TS 24.501 §8.2.4 */
export interface AuthenticationFailure {
  readonly type: 'authenticationFailure';
  /** `MmCause.macFailure`, `synchFailure`, `ngKsiAlreadyInUse` or `non5gAuthenticationUnacceptable`. */
  readonly cause: number;
  /** AUTS, 14 octets, with `synchFailure`. */
  readonly auts?: Uint8Array;
}

export const authenticationFailure: MessageDefinition<AuthenticationFailure> = {
  type: 'authenticationFailure',
  code: 0x59,
  mandatory: [v('cause', uint8)],
  optional: [tlv(0x30, 'auts', octets(14, 14))],
};

/** TS 24.501 §8.2.5 */
export interface AuthenticationReject {
  readonly type: 'authenticationReject';
  readonly eapMessage?: Uint8Array;
}

export const authenticationReject: MessageDefinition<AuthenticationReject> = {
  type: 'authenticationReject',
  code: 0x58,
  mandatory: [],
  optional: [tlvE(0x78, 'eapMessage', octets(4, 1500))],
};
