export { type Access, NAS_CONNECTION_ID } from './access.ts';
export type {
  AtsssContainer,
  LinkAddress,
  MeasurementAssistance,
  NetworkSteering,
  ProxyAddress,
} from './atsss/container.ts';
export type { AtsssRule } from './atsss/rule.ts';
export { type Flow, matchesAll, selectRule } from './atsss/rule-selection.ts';
export {
  SteeringFunctionality,
  type SteeringMode,
  type SteeringThresholds,
  TransportMode,
} from './atsss/steering.ts';
export {
  readTrafficComponents,
  type TrafficComponent,
  trafficComponents,
} from './atsss/traffic-descriptor.ts';
export { causeName, MmCause, SmCause } from './cause.ts';
export { type KeySetIdentifier, NO_KEY } from './elements/key-set-identifier.ts';
export {
  type EquipmentIdentity,
  type Guti,
  IdentityType,
  type ImsiSuci,
  type MobileIdentity,
  type NaiSuci,
  nullSchemeOutput,
  type Stmsi,
} from './elements/mobile-identity.ts';
export {
  type HandoverSecurity,
  type N1ModeContainer,
  readN1ModeContainer,
  writeHandoverSecurity,
  writeN1ModeContainer,
} from './elements/n1-mode-container.ts';
export type { Snssai } from './elements/nssai.ts';
export type { Plmn } from './elements/plmn.ts';
export type { ConfigurationContainer } from './elements/protocol-configuration.ts';
export {
  findPskParameters,
  PskContainerId,
  type PskParameters,
  pskContainer,
  type SolutionId,
} from './elements/psk-container.ts';
export {
  MATCH_ALL,
  type PacketFilter,
  type QosFlowDescription,
  QosOperation,
  type QosRule,
} from './elements/qos.ts';
export {
  type AdditionalSecurityInformation,
  algorithmBits,
  type SecurityCapability,
  type SelectedAlgorithms,
} from './elements/security.ts';
export { type PduAddress, PduSessionType, type SessionAmbr } from './elements/session.ts';
export type { SmCapability } from './elements/sm-capability.ts';
export type { TrackingAreas } from './elements/tracking-area.ts';
export {
  EnvelopeError,
  EnvelopeSplitter,
  MAX_ENVELOPED_LENGTH,
  writeEnvelope,
} from './envelope.ts';
export { NasDecodeError, type UndecodedMessage } from './errors.ts';
export { carriedMessageName, messageName } from './message-name.ts';
export type {
  AuthenticationFailure,
  AuthenticationReject,
  AuthenticationRequest,
  AuthenticationResponse,
  AuthenticationResult,
} from './messages/authentication.ts';
export type {
  ConfigurationUpdateCommand,
  ConfigurationUpdateComplete,
  MmStatus,
} from './messages/configuration-update.ts';
export type {
  DeregistrationAcceptFromUe,
  DeregistrationAcceptToUe,
  DeregistrationRequestFromUe,
  DeregistrationRequestToUe,
  DeregistrationType,
} from './messages/deregistration.ts';
export type { IdentityRequest, IdentityResponse } from './messages/identity.ts';
export { decodeMm, encodeMm, MM_DISCRIMINATOR, type MmMessage } from './messages/mm.ts';
export {
  type RegistrationAccept,
  type RegistrationComplete,
  RegistrationKind,
  type RegistrationReject,
  type RegistrationRequest,
  type RegistrationResult,
  type RegistrationType,
} from './messages/registration.ts';
export type {
  SecurityModeCommand,
  SecurityModeComplete,
  SecurityModeReject,
} from './messages/security-mode.ts';
export {
  type Notification,
  type NotificationResponse,
  type ServiceAccept,
  type ServiceReject,
  type ServiceRequest,
  ServiceType,
} from './messages/service.ts';
export {
  type EstablishmentAccept,
  type EstablishmentReject,
  type EstablishmentRequest,
  FULL_INTEGRITY_RATE,
  type SmHeader,
} from './messages/session-establishment.ts';
export type {
  ModificationCommand,
  ModificationCommandReject,
  ModificationComplete,
  ModificationReject,
  ModificationRequest,
} from './messages/session-modification.ts';
export type {
  ReleaseCommand,
  ReleaseComplete,
  ReleaseReject,
  ReleaseRequest,
  SmStatus,
} from './messages/session-release.ts';
export { decodeSm, encodeSm, SM_DISCRIMINATOR, type SmMessage } from './messages/sm.ts';
export {
  type DownlinkNasTransport,
  MaPduSessionInformation,
  PayloadType,
  RequestType,
  type UplinkNasTransport,
} from './messages/transport.ts';
export {
  type AlgorithmInput,
  type Direction,
  EncryptionAlgorithm,
  IntegrityAlgorithm,
  nea2,
  nia2,
} from './security/algorithms.ts';
export {
  NAS_COUNT_LIMIT,
  NAS_COUNT_RESERVE,
  NasCountExhausted,
  NasCounts,
} from './security/nas-count.ts';
export {
  isCiphered,
  type ProtectedMessage,
  readProtectedMessage,
  SecurityHeaderType,
} from './security/protected-message.ts';
export {
  type Discarded,
  NasSecurityContext,
  type NasSecurityOptions,
  type ReceivedMessage,
  type SentMessage,
} from './security/security-context.ts';
