export type { DatagramBatch, DatagramStatus } from '@mpquic/quic';
export type {
  ClientAuthenticationOptions,
  Pem,
  ServerAuthenticationOptions,
} from './authentication.ts';
export { type Clock, monotonicClock, wallClockMicroseconds } from './clock.ts';
export { connect, listen } from './connect.ts';
export type {
  DatagramSocket,
  DatagramSocketHandler,
  DatagramSocketOptions,
  OpenDatagramSocket,
  SocketCounters,
} from './datagram-socket.ts';
export { openDgramSocket } from './dgram-socket.ts';
export type { ConnectionHandler, DrivenConnection } from './driven-connection.ts';
export { type OnSession, QuicEndpoint } from './endpoint.ts';
export type { EndpointOptions } from './endpoint-options.ts';
export type { EndpointStats } from './endpoint-stats.ts';
export { describeCode, QuicError, type QuicErrorOptions } from './errors.ts';
export type {
  ConnectOptions,
  ListenOptions,
  ObservedConnection,
  PreferredAddressOptions,
  SessionOptions,
  TransportParams,
} from './options.ts';
export { fastestCrypto, openFastestSocket } from './platform.ts';
export { QlogFolder } from './qlog-folder.ts';
export { QuicSession } from './session.ts';
export type {
  KeyUpdateEvent,
  SessionCallbacks,
  SessionHandshakeInfo,
} from './session-callbacks.ts';
export type { CloseOptions, CreateStreamOptions, OpenPathOptions } from './session-options.ts';
export type { PathEvent } from './session-paths.ts';
export type { SessionStats } from './session-stats.ts';
export { QuicStream, type StreamDestroyOptions, type StreamStats } from './stream.ts';
export type { StreamBody } from './stream-body.ts';
export type { StreamConsumer } from './stream-consumption.ts';
export type { Octets } from './stream-receiver.ts';
export { StreamWriter, type WriteOptions } from './stream-writer.ts';
export type { Tap, TappedDatagram } from './tap.ts';
export {
  createWorkerPlaces,
  replaceWorkerPlace,
  type WorkerPlace,
  type WorkerReplacement,
} from './worker-places.ts';
export { reserveWorkerSockets, type WorkerSockets } from './worker-sockets.ts';
