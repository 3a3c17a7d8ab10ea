export { CaptureFile } from './capture-file.ts';
export {
  type CommonSettings,
  commonSettings,
  openEvents,
  type TraceSettings,
  traceSettings,
} from './common-settings.ts';
export {
  type ConfigurationSources,
  type FlagOption,
  flagOptions,
  loadConfiguration,
} from './configuration.ts';
export {
  type CapturedPacket,
  type CaptureTap,
  EventFile,
  eventLine,
  parseEventLine,
  type SecretsPolicy,
} from './event-lines.ts';
export { describeFailure, type FailureStatus, ServiceFailure } from './failure.ts';
export { KeyLogFile } from './key-log-file.ts';
export { Lifecycle, runService, type Service, type Stop } from './lifecycle.ts';
export {
  createLogger,
  LOG_LEVELS,
  type Logger,
  type LoggerOptions,
  type LogLevel,
  silentLogger,
} from './logger.ts';
export { MachineSocket, type MachineSocketOptions, type SocketDatagram } from './machine-socket.ts';
export { type Counter, type Gauge, type Histogram, Metrics, type Registry } from './metrics.ts';
export {
  type ObservabilityOptions,
  ObservabilityServer,
  startObservability,
} from './observability-server.ts';
export { addPathMetrics, type PathMeasurement } from './path-metrics.ts';
export { isKeyLike, redacted } from './redaction.ts';
export {
  type AccessName,
  EventLog,
  type EventSink,
  type InterfaceName,
  type KeyDerived,
  type KeyReceived,
  type Lifeline,
  type Measured,
  type MessageSent,
  noEvents,
  type PathChanged,
  type PhaseMarked,
  type PskChanged,
  type PskState,
  type RoleEvent,
  type TimedRoleEvent,
  teeEvents,
  wallClock,
} from './role-events.ts';
export {
  address,
  choice,
  decimal,
  flag,
  hexBytes,
  integer,
  type Kind,
  listOf,
  SettingProblem,
  text,
} from './setting-kinds.ts';
export {
  environmentName,
  flagName,
  readSettings,
  type Setting,
  type SettingsTable,
  structureOf,
} from './settings.ts';
export { listeningAddress, listenOn } from './tcp-server.ts';
export { openUdpSocket } from './udp-socket.ts';
