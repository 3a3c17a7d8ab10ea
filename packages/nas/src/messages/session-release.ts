import type { MessageDefinition } from '../codec/message.ts';
import { tlv, tlvE, tv, tv1, v } from '../codec/part.ts';
import { nibble, uint8 } from '../codec/value.ts';
import {
  type ConfigurationContainer,
  protocolConfiguration,
} from '../elements/protocol-configuration.ts';
import type { SmHeader } from './session-establishment.ts';

/** TS 24.501 §8.3.12 */
export interface ReleaseRequest extends SmHeader {
  readonly type: 'releaseRequest';
  /** One of `SmCause`. */
  readonly cause?: number;
  readonly configuration?: readonly ConfigurationContainer[];
}

export const releaseRequest: MessageDefinition<ReleaseRequest> = {
  type: 'releaseRequest',
  code: 0xd1,
  mandatory: [],
  optional: [tv(0x59, 'cause', 1, uint8), tlvE(0x7b, 'configuration', protocolConfiguration)],
};

/** TS 24.501 §8.3.13 */
export interface ReleaseReject extends SmHeader {
  readonly type: 'releaseReject';
  /** One of `SmCause`. */
  readonly cause: number;
  readonly configuration?: readonly ConfigurationContainer[];
}

export const releaseReject: MessageDefinition<ReleaseReject> = {
  type: 'releaseReject',
  code: 0xd2,
  mandatory: [v('cause', uint8)],
  optional: [tlvE(0x7b, 'configuration', protocolConfiguration)],
};

/** TS 24.501 §8.3.14 */
export interface ReleaseCommand extends SmHeader {
  readonly type: 'releaseCommand';
  /** One of `SmCause`. */
  readonly cause: number;
  /** GPRS timer 3. */
  readonly backOffTimer?: number;
  readonly configuration?: readonly ConfigurationContainer[];
  /** The one access of a multi-access session that is released: 1 3GPP, 2 non-3GPP. */
  readonly accessType?: number;
}

export const releaseCommand: MessageDefinition<ReleaseCommand> = {
  type: 'releaseCommand',
  code: 0xd3,
  mandatory: [v('cause', uint8)],
  optional: [
    tlv(0x37, 'backOffTimer', uint8),
    tlvE(0x7b, 'configuration', protocolConfiguration),
    tv1(0xd0, 'accessType', nibble),
  ],
};

/** TS 24.501 §8.3.15 */
export interface ReleaseComplete extends SmHeader {
  readonly type: 'releaseComplete';
  /** One of `SmCause`. */
  readonly cause?: number;
  readonly configuration?: readonly ConfigurationContainer[];
}

export const releaseComplete: MessageDefinition<ReleaseComplete> = {
  type: 'releaseComplete',
  code: 0xd4,
  mandatory: [],
  optional: [tv(0x59, 'cause', 1, uint8), tlvE(0x7b, 'configuration', protocolConfiguration)],
};

/** 5GSM STATUS. TS 24.501 §8.3.16 */
export interface SmStatus extends SmHeader {
  readonly type: 'smStatus';
  /** One of `SmCause`. */
  readonly cause: number;
}

export const smStatus: MessageDefinition<SmStatus> = {
  type: 'smStatus',
  code: 0xd6,
  mandatory: [v('cause', uint8)],
  optional: [],
};
