import { type AtsssContainer, atsssContainer } from '../atsss/container.ts';
import type { MessageDefinition } from '../codec/message.ts';
import { half, halves, lv, lvE, tlv, tlvE, tv, tv1, v } from '../codec/part.ts';
import { nibble, octets, uint8, uint16 } from '../codec/value.ts';
import { dnn } from '../elements/dnn.ts';
import { type Snssai, snssai } from '../elements/nssai.ts';
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
import {
  flag,
  type PduAddress,
  type PduSessionType,
  pduAddress,
  pduSessionType,
  type SessionAmbr,
  sessionAmbr,
  sscMode,
} from '../elements/session.ts';
import { type SmCapability, smCapability } from '../elements/sm-capability.ts';

/** What every 5GSM message begins with. TS 24.501 §9.1.1 */
export interface SmHeader {
  /** 1 to 15; 0 where none is assigned. */
  readonly pduSessionId: number;
  /** Procedure transaction identity: 1 to 254; 0 where the network starts the procedure. */
  readonly procedureTransactionId: number;
}

/** Maximum data rate with user-plane integrity protection, full rate both ways. */
export const FULL_INTEGRITY_RATE = 0xffff;

/** TS 24.501 §8.3.1 */
export interface EstablishmentRequest extends SmHeader {
  readonly type: 'establishmentRequest';
  readonly integrityProtectionRate: number;
  readonly pduSessionType?: PduSessionType;
  readonly sscMode?: number;
  readonly capability?: SmCapability;
  readonly alwaysOnRequested?: boolean;
  readonly configuration?: readonly ConfigurationContainer[];
}

export const establishmentRequest: MessageDefinition<EstablishmentRequest> = {
  type: 'establishmentRequest',
  code: 0xc1,
  mandatory: [v('integrityProtectionRate', uint16)],
  optional: [
    tv1(0x90, 'pduSessionType', pduSessionType),
    tv1(0xa0, 'sscMode', sscMode),
    tlv(0x28, 'capability', smCapability),
    tv1(0xb0, 'alwaysOnRequested', flag),
    tlvE(0x7b, 'configuration', protocolConfiguration),
  ],
};

/** TS 24.501 §8.3.2 */
export interface EstablishmentAccept extends SmHeader {
  readonly type: 'establishmentAccept';
  readonly pduSessionType: PduSessionType;
  readonly sscMode: number;
  readonly qosRules: readonly QosRule[];
  readonly sessionAmbr: SessionAmbr;
  /** One of `SmCause`: why the session type differs from the requested one. */
  readonly cause?: number;
  readonly pduAddress?: PduAddress;
  readonly snssai?: Snssai;
  readonly alwaysOn?: boolean;
  readonly qosFlows?: readonly QosFlowDescription[];
  readonly configuration?: readonly ConfigurationContainer[];
  readonly dnn?: string;
  readonly atsss?: AtsssContainer;
}

export const establishmentAccept: MessageDefinition<EstablishmentAccept> = {
  type: 'establishmentAccept',
  code: 0xc2,
  mandatory: [
    halves(half('pduSessionType', pduSessionType), half('sscMode', sscMode)),
    lvE('qosRules', qosRules),
    lv('sessionAmbr', sessionAmbr),
  ],
  optional: [
    tv(0x59, 'cause', 1, uint8),
    tlv(0x29, 'pduAddress', pduAddress),
    tlv(0x22, 'snssai', snssai),
    tv1(0x80, 'alwaysOn', flag),
    tlvE(0x79, 'qosFlows', qosFlowDescriptions),
    tlvE(0x7b, 'configuration', protocolConfiguration),
    tlv(0x25, 'dnn', dnn),
    tlvE(0x77, 'atsss', atsssContainer),
  ],
};

/** TS 24.501 §8.3.3 */
export interface EstablishmentReject extends SmHeader {
  readonly type: 'establishmentReject';
  /** One of `SmCause`. */
  readonly cause: number;
  /** GPRS timer 3. */
  readonly backOffTimer?: number;
  readonly allowedSscMode?: number;
  readonly eapMessage?: Uint8Array;
  readonly configuration?: readonly ConfigurationContainer[];
  /** Only by TS 24.501 v19: what of ATSSS the network could offer. */
  readonly atsss?: AtsssContainer;
}

export const establishmentReject: MessageDefinition<EstablishmentReject> = {
  type: 'establishmentReject',
  code: 0xc3,
  mandatory: [v('cause', uint8)],
  optional: [
    tlv(0x37, 'backOffTimer', uint8),
    tv1(0xf0, 'allowedSscMode', nibble),
    tlvE(0x78, 'eapMessage', octets(4, 1500)),
    tlvE(0x7b, 'configuration', protocolConfiguration),
    tlvE(0x77, 'atsss', atsssContainer),
  ],
};
