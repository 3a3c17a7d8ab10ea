export type {
  AcceptedConnection,
  ClientConfig,
  ConnectionConfig,
  EarlyDataAcceptance,
  ResumableConnection,
  ServerConfig,
} from './connection-config.ts';
export type {
  CloseReason,
  CloseSource,
  ConnectionEvent,
  DatagramBatch,
  DatagramStatus,
  StreamDirection,
} from './connection-event.ts';
export type {
  ConnectionMachine,
  ConnectionSet,
  ConnectionSetOptions,
  LentOctets,
  PacketLevel,
  StreamChunk,
} from './contract.ts';
export type { EarlyDataOutcome } from './handshake/early-data.ts';
export type { ConnectionObserver, ObservedPacket } from './observer.ts';
export {
  minimumRttScheduler,
  type PathScheduler,
  preferenceTier,
  type SchedulablePath,
  weightedRoundRobinScheduler,
} from './paths/scheduler.ts';
export { KeyPhases, type KeyPhasesParameters } from './protection/key-phases.ts';
export { LevelKeys } from './protection/level-keys.ts';
export {
  createOpenedPacket,
  decryptPacket,
  type OpenedPacket,
  unmaskPacket,
} from './protection/packet-opening.ts';
export { ReadKeys } from './protection/phase-keys.ts';
export { INITIAL_SUITE, PROTECTION_SUITES, type ProtectionSuite } from './protection/suites.ts';
export { type QlogParameters, QlogWriter } from './qlog/qlog-writer.ts';
export { createConnectionSet } from './set/connection-set.ts';
export { workerOf } from './set/routable-connection-ids.ts';
export type { ConnectionStats, PathSnapshot, PathState, PathStatus } from './snapshots.ts';
export type { AccessOf, SteeringAccess } from './steering/access.ts';
export type { SteeringThresholds } from './steering/path-quality.ts';
export { type Steering, steeringScheduler } from './steering/steering-scheduler.ts';
export {
  alertOfErrorCode,
  cryptoErrorCode,
  TransportError,
  TransportErrorCode,
  type TransportErrorName,
  transportErrorName,
} from './transport-error.ts';
export { type ForeignFrames, FrameReader } from './wire/frame-reader.ts';
export { FRAME_CODECS, frameLength, writeFrame } from './wire/frame-table.ts';
export {
  type AckFields,
  type ConnectionCloseFrame,
  cloneFrame,
  type EcnCounts,
  type Frame,
  type FrameData,
  type FrameOf,
  type FrameType,
  frameData,
} from './wire/frames.ts';
export { patchLength, writeLongHeader, writeShortHeader } from './wire/header-writer.ts';
export {
  DatagramReader,
  destinationConnectionId,
  type HeaderProblem,
  headerToken,
  type PacketHeader,
  type PacketType,
  sourceConnectionId,
} from './wire/packet-header.ts';
export { verifyRetry, writeRetry } from './wire/retry.ts';
export {
  DEFAULT_TRANSPORT_PARAMETERS,
  decodeTransportParameters,
  encodeTransportParameters,
  type PreferredAddress,
  type TransportParameters,
  type VersionInformation,
} from './wire/transport-parameters.ts';
export {
  QUIC_V1,
  QUIC_V2,
  type QuicVersion,
  type QuicVersionName,
  quicVersion,
} from './wire/versions.ts';
