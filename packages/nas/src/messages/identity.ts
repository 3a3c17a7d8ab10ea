import type { MessageDefinition } from '../codec/message.ts';
import { half, halves, lvE } from '../codec/part.ts';
import { nibble } from '../codec/value.ts';
import { type MobileIdentity, mobileIdentity } from '../elements/mobile-identity.ts';

/** TS 24.501 §8.2.21 */
export interface IdentityRequest {
  readonly type: 'identityRequest';
  /** One of `IdentityType`. */
  readonly identityType: number;
}

export const identityRequest: MessageDefinition<IdentityRequest> = {
  type: 'identityRequest',
  code: 0x5b,
  mandatory: [halves(half('identityType', nibble))],
  optional: [],
};

/** TS 24.501 §8.2.22 */
export interface IdentityResponse {
  readonly type: 'identityResponse';
  readonly identity: MobileIdentity;
}

export const identityResponse: MessageDefinition<IdentityResponse> = {
  type: 'identityResponse',
  code: 0x5c,
  mandatory: [lvE('identity', mobileIdentity)],
  optional: [],
};
