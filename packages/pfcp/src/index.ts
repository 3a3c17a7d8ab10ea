export { PfcpCause, pfcpCauseName } from './cause.ts';
export type {
  AtsssControlParameters,
  AtsssLowLayerControl,
  AtsssLowLayerParameters,
  LinkSpecificAddress,
  MpquicControl,
  MptcpControl,
  MultipathParameters,
  PmfAddress,
  PmfControl,
  PmfParameters,
  ProvideAtsssControlInformation,
  ProxyAddressInformation,
} from './elements/atsss.ts';
export {
  type AccessForwarding,
  type CreateMar,
  PfcpPriority,
  PfcpSteeringFunctionality,
  PfcpSteeringMode,
  PfcpTransportMode,
  type RemoveMar,
  type SteeringModeIndicator,
  type Thresholds,
  type UpdateAccessForwarding,
  type UpdateMar,
} from './elements/multi-access.ts';
export {
  type CpFunctionFeature,
  type FSeid,
  type NodeId,
  NTP_EPOCH_OFFSET,
  type ReleaseFlag,
  type UpFunctionFeature,
} from './elements/node.ts';
export {
  type PskDelivery,
  type PskFlags,
  PskIeType,
  type PskOperation,
  type PskRequest,
  type SolutionId,
  TESTBED_ENTERPRISE,
} from './elements/psk.ts';
export type {
  ModificationFlag,
  ReportRequestFlag,
  ReportResponseFlag,
  ReportType,
} from './elements/report.ts';
export {
  type ApplyAction,
  type CreatedPdr,
  type CreateFar,
  type CreatePdr,
  type FailedRuleId,
  type ForwardingParameters,
  type FTeid,
  type OuterHeaderCreation,
  type Pdi,
  PfcpInterface,
  type RemoveFar,
  type RemovePdr,
  type UeIpAddress,
  type UpdateFar,
  type UpdateForwardingParameters,
  type UpdatePdr,
} from './elements/rules.ts';
export type { UserId } from './elements/user-id.ts';
export { PfcpDecodeError } from './errors.ts';
export {
  isRequest,
  isSessionMessage,
  type PfcpHeader,
  PfcpMessageType,
} from './messages/header.ts';
export {
  decodePfcp,
  encodePfcp,
  type PfcpMessage,
  type PfcpRequest,
  type PfcpResponse,
  pfcpMessageName,
} from './messages/message.ts';
export type {
  AssociationReleaseRequest,
  AssociationReleaseResponse,
  AssociationSetupRequest,
  AssociationSetupResponse,
  AssociationUpdateRequest,
  AssociationUpdateResponse,
  HeartbeatRequest,
  HeartbeatResponse,
  Sequenced,
  SessionSetDeletionRequest,
  SessionSetDeletionResponse,
  VersionNotSupportedResponse,
} from './messages/node.ts';
export type {
  InSession,
  SessionDeletionRequest,
  SessionDeletionResponse,
  SessionEstablishmentRequest,
  SessionEstablishmentResponse,
  SessionModificationRequest,
  SessionModificationResponse,
  SessionReportRequest,
  SessionReportResponse,
} from './messages/session.ts';
export {
  type PfcpEvent,
  PfcpOverload,
  PfcpTransactions,
  type PfcpTransactionsOptions,
  type Unsequenced,
} from './transactions/transactions.ts';
