import { type AtsssContainer, atsssContainer } from '../atsss/container.ts';
import type { MessageDefinition } from '../codec/message.ts';
import { tlv, tlvE, tv, tv1, v } from '../codec/part.ts';
import { uint8 } from '../codec/value.ts';
import {
  type ConfigurationContainer,
  protocolConfiguration,
} from '../elements/protocol-configuration.ts';
import {
  type QosFlowDescription,
  type QosRule,
  qosFlowDescriptions,
  qosRules,
} from '../elements/qos.ts';
import { flag, type SessionAmbr, sessionAmbr } from '../elements/session.ts';
import { type SmCapability, smCapability } from '../elements/sm-capability.ts';
import type { SmHeader } from './session-establishment.ts';

/** TS 24.501 §8.3.7 */
export interface ModificationRequest extends SmHeader {
  readonly type: 'modificationRequest';
  readonly capability?: SmCapability;
  /** One of `SmCause`. */
  readonly cause?: number;
  readonly alwaysOnRequested?: boolean;
  readonly qosRules?: readonly QosRule[];
  readonly qosFlows?: readonly QosFlowDescription[];
  readonly configuration?: readonly ConfigurationContainer[];
}

export const modificationRequest: MessageDefinition<ModificationRequest> = {
  type: 'modificationRequest',
  code: 0xc9,
  mandatory: [],
  optional: [
    tlv(0x28, 'capability', smCapability),
    tv(0x59, 'cause', 1, uint8),
    tv1(0xb0, 'alwaysOnRequested', flag),
    tlvE(0x7a, 'qosRules', qosRules),
    tlvE(0x79, 'qosFlows', qosFlowDescriptions),
    tlvE(0x7b, 'configuration', protocolConfiguration),
  ],
};

/** TS 24.501 §8.3.8 */
export interface ModificationReject extends SmHeader {
  readonly type: 'modificationReject';
  /** One of `SmCause`. */
  readonly cause: number;
  /** GPRS timer 3. */
  readonly backOffTimer?: number;
  readonly configuration?: readonly ConfigurationContainer[];
}

export const modificationReject: MessageDefinition<ModificationReject> = {
  type: 'modificationReject',
  code: 0xca,
  mandatory: [v('cause', uint8)],
  optional: [tlv(0x37, 'backOffTimer', uint8), tlvE(0x7b, 'configuration', protocolConfiguration)],
};

/** TS 24.501 §8.3.9 */
export interface ModificationCommand extends SmHeader {
  readonly type: 'modificationCommand';
  /** One of `SmCause`. */
  readonly cause?: number;
  readonly sessionAmbr?: SessionAmbr;
  readonly alwaysOn?: boolean;
  readonly qosRules?: readonly QosRule[];
  readonly qosFlows?: readonly QosFlowDescription[];
  readonly configuration?: readonly ConfigurationContainer[];
  readonly atsss?: AtsssContainer;
}

export const modificationCommand: MessageDefinition<ModificationCommand> = {
  type: 'modificationCommand',
  code: 0xcb,
  mandatory: [],
  optional: [
    tv(0x59, 'cause', 1, uint8),
    tlv(0x2a, 'sessionAmbr', sessionAmbr),
    tv1(0x80, 'alwaysOn', flag),
    tlvE(0x7a, 'qosRules', qosRules),
    tlvE(0x79, 'qosFlows', qosFlowDescriptions),
    tlvE(0x7b, 'configuration', protocolConfiguration),
    tlvE(0x77, 'atsss', atsssContainer),
  ],
};

/** TS 24.501 §8.3.10 */
export interface ModificationComplete extends SmHeader {
  readonly type: 'modificationComplete';
  readonly configuration?: readonly ConfigurationContainer[];
}

export const modificationComplete: MessageDefinition<ModificationComplete> = {
  type: 'modificationComplete',
  code: 0xcc,
  mandatory: [],
  optional: [tlvE(0x7b, 'configuration', protocolConfiguration)],
};

/** TS 24.501 §8.3.11 */
export interface ModificationCommandReject extends SmHeader {
  readonly type: 'modificationCommandReject';
  /** One of `SmCause`. */
  readonly cause: number;
  readonly configuration?: readonly ConfigurationContainer[];
}

export const modificationCommandReject: MessageDefinition<ModificationCommandReject> = {
  type: 'modificationCommandReject',
  code: 0xcd,
  mandatory: [v('cause', uint8)],
  optional: [tlvE(0x7b, 'configuration', protocolConfiguration)],
};
