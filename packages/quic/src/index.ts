export type {
  AcceptedConnection,
  ClientConfig,
  CloseReason,
  CloseSource,
  ConnectionConfig,
  ConnectionEvent,
  ConnectionMachine,
  ConnectionSet,
  ConnectionStats,
  PacketLevel,
  PathSnapshot,
  PathState,
  PathStatus,
  ServerConfig,
  StreamChunk,
  StreamDirection,
} from './contract.ts';
export type { ConnectionObserver, ObservedPacket } from './observer.ts';
export type { PathScheduler, SchedulablePath } from './paths/scheduler.ts';
