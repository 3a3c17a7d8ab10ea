import {
  conditional,
  conditionalList,
  type Member,
  mandatory,
  mandatoryList,
  optional,
} from '../codec/member.ts';
import {
  type AtsssControlParameters,
  atsssControlParameters,
  type ProvideAtsssControlInformation,
  provideAtsssControlInformation,
} from '../elements/atsss.ts';
import {
  type CreateMar,
  createMar,
  type RemoveMar,
  removeMar,
  type UpdateMar,
  updateMar,
} from '../elements/multi-access.ts';
import {
  cause,
  type FSeid,
  fSeid,
  type NodeId,
  nodeId,
  offendingIe,
  pdnType,
} from '../elements/node.ts';
import { type PskDelivery, type PskRequest, pskDelivery, pskRequest } from '../elements/psk.ts';
import {
  type ModificationFlag,
  modificationFlags,
  type ReportRequestFlag,
  type ReportResponseFlag,
  type ReportType,
  reportRequestFlags,
  reportResponseFlags,
  reportType,
} from '../elements/report.ts';
import {
  type CreatedPdr,
  type CreateFar,
  type CreatePdr,
  createdPdr,
  createFar,
  createPdr,
  type FailedRuleId,
  failedRuleId,
  type RemoveFar,
  type RemovePdr,
  removeFar,
  removePdr,
  type UpdateFar,
  type UpdatePdr,
  updateFar,
  updatePdr,
} from '../elements/rules.ts';
import { type UserId, userId } from '../elements/user-id.ts';
import type { Sequenced } from './node.ts';

/** What every session message has: the session endpoint identifier of its receiver, 64 bits. */
export interface InSession extends Sequenced {
  readonly seid: bigint;
}

/** TS 29.244 §7.5.2; its SEID is 0. */
export interface SessionEstablishmentRequest extends InSession {
  readonly type: 'sessionEstablishmentRequest';
  readonly nodeId: NodeId;
  readonly cpFSeid: FSeid;
  readonly createPdrs: readonly CreatePdr[];
  readonly createFars: readonly CreateFar[];
  readonly createMars?: readonly CreateMar[];
  readonly pdnType?: number;
  readonly userId?: UserId;
  readonly atsssControl?: ProvideAtsssControlInformation;
  readonly pskDeliveries?: readonly PskDelivery[];
}

export const sessionEstablishmentRequest: readonly Member<SessionEstablishmentRequest>[] = [
  mandatory('nodeId', nodeId),
  mandatory('cpFSeid', fSeid),
  mandatoryList('createPdrs', createPdr),
  mandatoryList('createFars', createFar),
  conditionalList('createMars', createMar),
  conditional('pdnType', pdnType),
  optional('userId', userId),
  conditional('atsssControl', provideAtsssControlInformation),
  conditionalList('pskDeliveries', pskDelivery),
];

/** TS 29.244 §7.5.3 */
export interface SessionEstablishmentResponse extends InSession {
  readonly type: 'sessionEstablishmentResponse';
  readonly nodeId: NodeId;
  /** One of `PfcpCause`. */
  readonly cause: number;
  /** Type of the element at fault. */
  readonly offendingIe?: number;
  /** With cause 1. */
  readonly upFSeid?: FSeid;
  readonly createdPdrs?: readonly CreatedPdr[];
  readonly failedRule?: FailedRuleId;
  readonly atsssParameters?: AtsssControlParameters;
}

export const sessionEstablishmentResponse: readonly Member<SessionEstablishmentResponse>[] = [
  mandatory('nodeId', nodeId),
  mandatory('cause', cause),
  conditional('offendingIe', offendingIe),
  conditional('upFSeid', fSeid),
  conditionalList('createdPdrs', createdPdr),
  conditional('failedRule', failedRuleId),
  conditional('atsssParameters', atsssControlParameters),
];

/** TS 29.244 §7.5.4 */
export interface SessionModificationRequest extends InSession {
  readonly type: 'sessionModificationRequest';
  readonly cpFSeid?: FSeid;
  readonly removePdrs?: readonly RemovePdr[];
  readonly removeFars?: readonly RemoveFar[];
  readonly removeMars?: readonly RemoveMar[];
  readonly createPdrs?: readonly CreatePdr[];
  readonly createFars?: readonly CreateFar[];
  readonly createMars?: readonly CreateMar[];
  readonly updatePdrs?: readonly UpdatePdr[];
  readonly updateFars?: readonly UpdateFar[];
  readonly updateMars?: readonly UpdateMar[];
  readonly flags?: readonly ModificationFlag[];
  readonly atsssControl?: ProvideAtsssControlInformation;
  readonly pskDeliveries?: readonly PskDelivery[];
}

export const sessionModificationRequest: readonly Member<SessionModificationRequest>[] = [
  conditional('cpFSeid', fSeid),
  conditionalList('removePdrs', removePdr),
  conditionalList('removeFars', removeFar),
  conditionalList('removeMars', removeMar),
  conditionalList('createPdrs', createPdr),
  conditionalList('createFars', createFar),
  conditionalList('createMars', createMar),
  conditionalList('updatePdrs', updatePdr),
  conditionalList('updateFars', updateFar),
  conditionalList('updateMars', updateMar),
  conditional('flags', modificationFlags),
  conditional('atsssControl', provideAtsssControlInformation),
  conditionalList('pskDeliveries', pskDelivery),
];

/** TS 29.244 §7.5.5 */
export interface SessionModificationResponse extends InSession {
  readonly type: 'sessionModificationResponse';
  /** One of `PfcpCause`. */
  readonly cause: number;
  readonly offendingIe?: number;
  readonly createdPdrs?: readonly CreatedPdr[];
  readonly failedRule?: FailedRuleId;
  readonly atsssParameters?: AtsssControlParameters;
}

export const sessionModificationResponse: readonly Member<SessionModificationResponse>[] = [
  mandatory('cause', cause),
  conditional('offendingIe', offendingIe),
  conditionalList('createdPdrs', createdPdr),
  conditional('failedRule', failedRuleId),
  conditional('atsssParameters', atsssControlParameters),
];

/** TS 29.244 §7.5.6 */
export interface SessionDeletionRequest extends InSession {
  readonly type: 'sessionDeletionRequest';
}

export const sessionDeletionRequest: readonly Member<SessionDeletionRequest>[] = [];

/** TS 29.244 §7.5.7 */
export interface SessionDeletionResponse extends InSession {
  readonly type: 'sessionDeletionResponse';
  /** One of `PfcpCause`. */
  readonly cause: number;
  readonly offendingIe?: number;
}

export const sessionDeletionResponse: readonly Member<SessionDeletionResponse>[] = [
  mandatory('cause', cause),
  conditional('offendingIe', offendingIe),
];

/** TS 29.244 §7.5.8 */
export interface SessionReportRequest extends InSession {
  readonly type: 'sessionReportRequest';
  readonly reportType: readonly ReportType[];
  readonly flags?: readonly ReportRequestFlag[];
  readonly pskRequest?: PskRequest;
}

export const sessionReportRequest: readonly Member<SessionReportRequest>[] = [
  mandatory('reportType', reportType),
  conditional('flags', reportRequestFlags),
  conditional('pskRequest', pskRequest),
];

/** TS 29.244 §7.5.9 */
export interface SessionReportResponse extends InSession {
  readonly type: 'sessionReportResponse';
  /** One of `PfcpCause`. */
  readonly cause: number;
  readonly offendingIe?: number;
  readonly flags?: readonly ReportResponseFlag[];
  readonly cpFSeid?: FSeid;
}

export const sessionReportResponse: readonly Member<SessionReportResponse>[] = [
  mandatory('cause', cause),
  conditional('offendingIe', offendingIe),
  conditional('flags', reportResponseFlags),
  conditional('cpFSeid', fSeid),
];
