import { conditional, type Member, mandatory, optional } from '../codec/member.ts';
import {
  associationReleaseRequest,
  type CpFunctionFeature,
  cause,
  cpFunctionFeatures,
  type NodeId,
  nodeId,
  offendingIe,
  type ReleaseFlag,
  recoveryTimeStamp,
  type UpFunctionFeature,
  upFunctionFeatures,
} from '../elements/node.ts';

/** What every message has: 24 bits, chosen by the requester and repeated in the response. */
export interface Sequenced {
  readonly sequenceNumber: number;
}

/** TS 29.244 §7.4.2.1 */
export interface HeartbeatRequest extends Sequenced {
  readonly type: 'heartbeatRequest';
  /** Seconds since 1900. */
  readonly recoveryTimeStamp: number;
}

export const heartbeatRequest: readonly Member<HeartbeatRequest>[] = [
  mandatory('recoveryTimeStamp', recoveryTimeStamp),
];

/** TS 29.244 §7.4.2.2 */
export interface HeartbeatResponse extends Sequenced {
  readonly type: 'heartbeatResponse';
  readonly recoveryTimeStamp: number;
}

export const heartbeatResponse: readonly Member<HeartbeatResponse>[] = [
  mandatory('recoveryTimeStamp', recoveryTimeStamp),
];

/** TS 29.244 §7.4.4.1 */
export interface AssociationSetupRequest extends Sequenced {
  readonly type: 'associationSetupRequest';
  readonly nodeId: NodeId;
  readonly recoveryTimeStamp: number;
  readonly upFunctionFeatures?: readonly UpFunctionFeature[];
  readonly cpFunctionFeatures?: readonly CpFunctionFeature[];
}

export const associationSetupRequest: readonly Member<AssociationSetupRequest>[] = [
  mandatory('nodeId', nodeId),
  mandatory('recoveryTimeStamp', recoveryTimeStamp),
  conditional('upFunctionFeatures', upFunctionFeatures),
  conditional('cpFunctionFeatures', cpFunctionFeatures),
];

/** TS 29.244 §7.4.4.2 */
export interface AssociationSetupResponse extends Sequenced {
  readonly type: 'associationSetupResponse';
  readonly nodeId: NodeId;
  /** One of `PfcpCause`. */
  readonly cause: number;
  readonly recoveryTimeStamp: number;
  readonly offendingIe?: number;
  readonly upFunctionFeatures?: readonly UpFunctionFeature[];
  readonly cpFunctionFeatures?: readonly CpFunctionFeature[];
}

export const associationSetupResponse: readonly Member<AssociationSetupResponse>[] = [
  mandatory('nodeId', nodeId),
  mandatory('cause', cause),
  mandatory('recoveryTimeStamp', recoveryTimeStamp),
  optional('offendingIe', offendingIe),
  conditional('upFunctionFeatures', upFunctionFeatures),
  conditional('cpFunctionFeatures', cpFunctionFeatures),
];

/** TS 29.244 §7.4.4.3 */
export interface AssociationUpdateRequest extends Sequenced {
  readonly type: 'associationUpdateRequest';
  readonly nodeId: NodeId;
  readonly upFunctionFeatures?: readonly UpFunctionFeature[];
  readonly cpFunctionFeatures?: readonly CpFunctionFeature[];
  readonly releaseRequest?: readonly ReleaseFlag[];
}

export const associationUpdateRequest: readonly Member<AssociationUpdateRequest>[] = [
  mandatory('nodeId', nodeId),
  optional('upFunctionFeatures', upFunctionFeatures),
  optional('cpFunctionFeatures', cpFunctionFeatures),
  conditional('releaseRequest', associationReleaseRequest),
];

/** TS 29.244 §7.4.4.4 */
export interface AssociationUpdateResponse extends Sequenced {
  readonly type: 'associationUpdateResponse';
  readonly nodeId: NodeId;
  readonly cause: number;
  readonly offendingIe?: number;
}

export const associationUpdateResponse: readonly Member<AssociationUpdateResponse>[] = [
  mandatory('nodeId', nodeId),
  mandatory('cause', cause),
  optional('offendingIe', offendingIe),
];

/** TS 29.244 §7.4.4.5 */
export interface AssociationReleaseRequest extends Sequenced {
  readonly type: 'associationReleaseRequest';
  readonly nodeId: NodeId;
}

export const associationReleaseRequestMembers: readonly Member<AssociationReleaseRequest>[] = [
  mandatory('nodeId', nodeId),
];

/** TS 29.244 §7.4.4.6 */
export interface AssociationReleaseResponse extends Sequenced {
  readonly type: 'associationReleaseResponse';
  readonly nodeId: NodeId;
  readonly cause: number;
  readonly offendingIe?: number;
}

export const associationReleaseResponse: readonly Member<AssociationReleaseResponse>[] = [
  mandatory('nodeId', nodeId),
  mandatory('cause', cause),
  optional('offendingIe', offendingIe),
];

/** A header alone. TS 29.244 §7.4.4.7 */
export interface VersionNotSupportedResponse extends Sequenced {
  readonly type: 'versionNotSupportedResponse';
}

export const versionNotSupportedResponse: readonly Member<VersionNotSupportedResponse>[] = [];

/** All sessions of a node go. TS 29.244 §7.4.6.1 */
export interface SessionSetDeletionRequest extends Sequenced {
  readonly type: 'sessionSetDeletionRequest';
  readonly nodeId: NodeId;
}

export const sessionSetDeletionRequest: readonly Member<SessionSetDeletionRequest>[] = [
  mandatory('nodeId', nodeId),
];

/** TS 29.244 §7.4.6.2 */
export interface SessionSetDeletionResponse extends Sequenced {
  readonly type: 'sessionSetDeletionResponse';
  readonly nodeId: NodeId;
  readonly cause: number;
  readonly offendingIe?: number;
}

export const sessionSetDeletionResponse: readonly Member<SessionSetDeletionResponse>[] = [
  mandatory('nodeId', nodeId),
  mandatory('cause', cause),
  optional('offendingIe', offendingIe),
];
