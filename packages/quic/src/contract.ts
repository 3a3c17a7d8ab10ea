import type { EncryptionLevel, ExternalPsk, HandshakeSummary } from '@mpquic/tls';
import type { Address, Instant, Machine } from '@mpquic/wire';
import type { ClientConfig, ServerConfig } from './connection-config.ts';
import type { ConnectionEvent, StreamDirection } from './connection-event.ts';
import type { EarlyDataOutcome } from './handshake/early-data.ts';
import type { PathScheduler } from './paths/scheduler.ts';
import type { ConnectionStats, PathSnapshot, PathStatus } from './snapshots.ts';
import type { QuicVersionName } from './wire/versions.ts';

/** The next octets of a stream, in order. */
export interface StreamChunk {
  /** Belongs to the caller. */
  readonly data: Uint8Array;
  /** Whether the stream ends behind them. */
  readonly fin: boolean;
}

/** Octets of a stream that are lent: `start` up to `end` (excluded) of `source`. */
export interface LentOctets {
  source: Uint8Array;
  start: number;
  end: number;
}

/** The application's side of a connection. Calls queue work; the next `nextTransmit` sends it. */
export interface ConnectionMachine extends Machine<ConnectionEvent> {
  readonly role: 'client' | 'server';
  readonly closed: boolean;
  /** Of QUIC; may change until the handshake is complete. RFC 9368 §2.3 */
  readonly version: QuicVersionName;
  /** Whether there are 0-RTT data, and what the server said to them. */
  readonly earlyData: EarlyDataOutcome;
  /** Undefined until the handshake is complete. */
  readonly handshake: HandshakeSummary | undefined;
  /** Whether both sides announced initial_max_path_id; undefined until known. */
  readonly multipath: boolean | undefined;

  answerPskLookup(psks: readonly (ExternalPsk | undefined)[], now: Instant): void;

  /** The new stream's ID, or undefined while the peer's limit allows none (`streams_available` follows). */
  openStream(direction: StreamDirection): number | undefined;
  /**
   * Queues octets, which the caller leaves unchanged until they are acknowledged. Returns how many
   * were taken; with all taken and `fin`, the stream ends behind them.
   */
  writeStream(streamId: number, data: Uint8Array, fin: boolean): number;
  readStream(streamId: number): StreamChunk | undefined;
  /**
   * Shows the next octets of a stream, none where only its end is there, and nothing is allocated for it. They stay as they
   * are until {@link consumeStream}. False where there is nothing yet.
   */
  peekStream(streamId: number, into: LentOctets): boolean;
  /**
   * The application is done with so many of the octets that {@link peekStream} showed last: the peer may send as many, and
   * their memory serves what arrives next. Returns whether the stream has ended with them.
   */
  consumeStream(streamId: number, octets: number): boolean;
  /**
   * Gives back octets that {@link readStream} gave and nobody touches again: their memory serves what arrives next,
   * which at high rates saves much garbage collection. Nothing asks for it.
   */
  recycle(data: Uint8Array): void;
  resetStream(streamId: number, code: number): void;
  stopSending(streamId: number, code: number): void;

  /** Largest datagram that fits now; 0 where the peer takes none. RFC 9221 §5 */
  readonly maxDatagramSize: number;
  /**
   * With true, datagrams that come are told of by `datagrams` events from now on, many at a time, in place of a `datagram`
   * event each: these take much of what it takes to receive them. Where it is not there, they come one by one.
   */
  batchDatagrams?(wanted: boolean): void;
  /** Datagrams that came and wait to be taken; beyond `datagramReceiveQueueLimit` the oldest are dropped. */
  readonly datagramsWaiting: number;
  /** Datagrams that may be queued before the oldest of those that wait is dropped; `datagrams_writable` follows where there is none. */
  readonly datagramRoom: number;
  /**
   * Queues one DATAGRAM and returns its number, by which `datagram_status` reports on it; undefined
   * where it does not fit. `route` binds it to one path, or lets a scheduler of its own choose when it is
   * sent. The octets are copied.
   */
  sendDatagram(data: Uint8Array, route?: number | PathScheduler): number | undefined;
  /** From now on this scheduler chooses, in place of the configured one. */
  useScheduler(scheduler: PathScheduler): void;

  /**
   * Client only: opens a path between two addresses. Returns its path ID, or undefined while limits or
   * connection IDs do not allow one (`path_available` follows). MP-21 §3.1
   * @throws {UsageError} without multipath or before the handshake is confirmed
   */
  openPath(local: Address, remote: Address, now: Instant): number | undefined;
  /**
   * Client only: moves a path to another local address, or to the server's preferred address, once it is
   * known to work there: `path_migrated` or `path_migration_failed` follows. False where the peer left
   * no connection ID for it yet. RFC 9000 §9.2, MP-21 §3.1.2
   * @throws {UsageError} before the handshake is confirmed, or where the peer does not allow it
   */
  migratePath(pathId: number, local: Address, remote: Address, now: Instant): boolean;
  /** PATH_ABANDON with `code`. MP-21 §3.4 */
  closePath(pathId: number, code: number, now: Instant): void;
  setPathStatus(pathId: number, status: PathStatus, now: Instant): void;
  /** The local address is gone: its paths are abandoned at once, over the others. */
  localAddressLost(local: Address, now: Instant): void;
  paths(): readonly PathSnapshot[];

  /** @throws {UsageError} before the handshake is confirmed, or while an update is unacknowledged */
  updateKeys(now: Instant): void;
  /** Sends a PING on one path, or on the active path. */
  ping(now: Instant, pathId?: number): void;
  stats(): ConnectionStats;
  /** CONNECTION_CLOSE with an application code (0x1d), or a transport code (0x1c). */
  close(now: Instant, code?: number, reason?: string, application?: boolean): void;
}

/** What the servers behind one address agree on, where there are several. */
export interface ConnectionSetOptions {
  /** Names this server in every connection ID that it issues, 0 to 255. QUIC-LB §5.2 */
  readonly serverId?: number | undefined;
  /** 32 octets, from which stateless reset tokens derive; random when absent. RFC 9000 §10.3.2 */
  readonly statelessResetKey?: Uint8Array | undefined;
}

/**
 * All connections behind a set of sockets: finds the connection of a datagram by its destination
 * connection ID, makes server connections, and answers what belongs to none (version negotiation,
 * Retry, stateless reset).
 */
export interface ConnectionSet {
  /** A client connection, which {@link receiveDatagram} knows from now on. */
  connect(config: ClientConfig, now: Instant): ConnectionMachine;
  /** Takes connections from clients from now on; undefined turns new ones away. */
  listen(config: ServerConfig | undefined): void;
  /** Returns the connection that took the datagram, to be drained by the caller; undefined where none did. */
  receiveDatagram(
    datagram: import('@mpquic/wire').Datagram,
    now: Instant,
  ): ConnectionMachine | undefined;
  /** A server connection that the last `receiveDatagram` made. */
  nextAccepted(): ConnectionMachine | undefined;
  /** Stateless answers. */
  nextTransmit(now: Instant, into: import('@mpquic/wire').Transmit): boolean;
  /** Forgets a connection that reported `closed`. */
  remove(connection: ConnectionMachine): void;
  readonly size: number;
  /** Datagrams that no connection took, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
}

/** The packet number spaces by encryption level; 1-RTT has one per path. */
export type PacketLevel = Exclude<EncryptionLevel, 'early'> | 'early';
