import type {
  CertificateVerifier,
  CryptoProvider,
  GroupName,
  ServerCertificate,
} from '@mpquic/crypto';
import type {
  CipherSuiteName,
  EncryptionLevel,
  ExternalPsk,
  HandshakeSummary,
  PskLookup,
  ResumableSession,
  SealingKeys,
  SessionTicket,
  TicketPolicy,
} from '@mpquic/tls';
import type { Address, Duration, Instant, Machine, Random } from '@mpquic/wire';
import type { EarlyDataOutcome } from './handshake/early-data.ts';
import type { ConnectionObserver } from './observer.ts';
import type { PathScheduler } from './paths/scheduler.ts';
import type { QuicVersionName } from './wire/versions.ts';

/** What both roles configure. Every limit has a default; see `defaults.ts`. */
export interface ConnectionConfig {
  readonly crypto: CryptoProvider;
  /** Connection IDs, tokens, packet number skips; `crypto.random` when absent. Seeded in tests. */
  readonly random?: Random;
  readonly alpn: readonly string[];
  /**
   * Versions of QUIC, the preferred one first. A client begins with the first and offers the others;
   * by default it speaks v1 alone. A server moves clients to the version that it prefers; by default it
   * speaks v1 and v2 and leaves the choice to them. RFC 9368, RFC 9369
   */
  readonly versions?: readonly QuicVersionName[];
  /** A client begins with this one, though it prefers another: one of `versions`. RFC 9368 §2.3 */
  readonly firstVersion?: QuicVersionName;
  readonly cipherSuites?: readonly CipherSuiteName[];
  readonly groups?: readonly GroupName[];
  /** Highest path ID to announce; undefined leaves multipath out. Default 3. MP-21 §2.1 */
  readonly initialMaxPathId?: number | undefined;
  /** 0 leaves the timeout out. Default 30 s. RFC 9000 §10.1 */
  readonly maxIdleTimeout?: Duration;
  /** Octets of UDP payload that are sent at most; 1200 to 65527. Default 1350. */
  readonly maxUdpPayloadSize?: number;
  /**
   * Whether packets are marked ECT(0) and their counts believed, each path once it has shown that it
   * carries the marks. Default true; false where the sockets cannot. RFC 9000 §13.4
   */
  readonly ecn?: boolean;
  /**
   * Octets up to which each path is searched for larger packets than {@link maxUdpPayloadSize}, as soon
   * as there are data to fill them, or datagrams; up to 65527. No search when absent. Needs sockets that forbid
   * fragmentation. RFC 8899, RFC 9000 §14.3
   */
  readonly mtuDiscoveryLimit?: number | undefined;
  readonly initialMaxData?: number;
  readonly initialMaxStreamData?: number;
  /** Windows grow up to these as the reader keeps up. */
  readonly maxDataWindow?: number;
  readonly maxStreamDataWindow?: number;
  readonly initialMaxStreamsBidi?: number;
  readonly initialMaxStreamsUni?: number;
  /** 0 refuses DATAGRAM frames. Default 65535. RFC 9221 §3 */
  readonly maxDatagramFrameSize?: number;
  /** Asks the peer not to migrate. RFC 9000 §18.2 */
  readonly disableActiveMigration?: boolean;
  /** Per path. Default 8. */
  readonly activeConnectionIdLimit?: number;
  readonly maxAckDelay?: Duration;
  readonly ackDelayExponent?: number;
  readonly congestion?: 'newreno' | 'cubic';
  /** Unsent octets of one stream, beyond which `writeStream` takes no more. Default 1 MiB. */
  readonly streamSendBufferLimit?: number;
  /** DATAGRAM frames queued for sending, beyond which the oldest is dropped and reported lost. */
  readonly datagramSendQueueLimit?: number;
  readonly datagramReceiveQueueLimit?: number;
  /** Which path takes the next packet. Default: minimum smoothed RTT. */
  readonly scheduler?: PathScheduler;
  /** Updates keys after so many packets sent under one key; undefined: only on demand or at the AEAD limit. */
  readonly keyUpdateAfterPackets?: number | undefined;
  readonly keyLog?: boolean;
  readonly observer?: ConnectionObserver | undefined;
}

export interface ClientConfig extends ConnectionConfig {
  readonly serverName?: string | undefined;
  readonly psks: readonly ExternalPsk[];
  /** Decides about the server's certificate; needed where there is no PSK, of no effect with one. */
  readonly trust?: CertificateVerifier | undefined;
  /** A session by certificate to resume; its ticket is good for one connection. Not with PSKs. */
  readonly session?: ResumableConnection | undefined;
  /**
   * Sends what is written before the handshake as 0-RTT data, where the session allows it; off by
   * default. Such data have no forward secrecy, and an attacker can have a server take them more than
   * once: only for what may be repeated. RFC 9001 §9.2
   */
  readonly earlyData?: boolean | undefined;
  readonly local: Address;
  readonly remote: Address;
  /** That of a `new_token` event of an earlier connection to the same server; use each once. RFC 9000 §8.1.3 */
  readonly token?: Uint8Array | undefined;
  /** Of the connection that gave the token, which serves no other. v1 when absent. RFC 9369 §5 */
  readonly tokenVersion?: QuicVersionName | undefined;
}

/** How a server accepts 0-RTT data. */
export interface EarlyDataAcceptance {
  /** Whether this ticket was not used before; see `UsedTickets` of @mpquic/tls. */
  firstUse(ticket: Uint8Array): boolean;
  /** Of the application: 0-RTT is accepted only where they are as they were. */
  readonly settings?: Uint8Array;
}

/** What a client keeps of a connection to resume it: see the event `session_ticket`. */
export interface ResumableConnection extends ResumableSession {
  /** No other version resumes it. v1 when absent. RFC 9369 §5 */
  readonly version?: QuicVersionName;
  /** Without them no 0-RTT data is sent. */
  readonly parameters?: Uint8Array;
}

export interface ServerConfig extends ConnectionConfig {
  readonly requirePsk?: boolean;
  /** Shown to clients that use no PSK. */
  readonly certificate?: ServerCertificate;
  /** Lets clients without PSK resume their sessions, without 0-RTT. RFC 9846 §4.7.1 */
  readonly tickets?: Omit<TicketPolicy, 'earlyData' | 'scope'>;
  /** Accepts 0-RTT data of resumed sessions; off without it, and never with external PSKs. RFC 9846 §8 */
  readonly earlyData?: EarlyDataAcceptance;
  /** Seals what a HelloRetryRequest must remember into a cookie. RFC 9846 §4.3.2 */
  readonly cookieKeys?: SealingKeys;
  /** Answers every Initial without a valid token with Retry. RFC 9000 §8.1.2 */
  readonly retry?: boolean;
  /** Gives clients tokens for later connections with NEW_TOKEN. Default true. RFC 9000 §8.1.3 */
  readonly issueTokens?: boolean;
  /** Where clients are asked to move to after the handshake; this endpoint listens there too. RFC 9000 §9.6 */
  readonly preferredAddress?: {
    readonly ipv4?: Address | undefined;
    readonly ipv6?: Address | undefined;
  };
  /** An observer for each connection; goes before `observer`, which all connections would share. */
  readonly observerFor?: (connection: AcceptedConnection) => ConnectionObserver | undefined;
}

/** What is known of a server connection when its first packet arrives. */
export interface AcceptedConnection {
  /** The client's first Destination Connection ID, which names the connection in qlog. 8 to 20 octets. */
  readonly originalDestinationConnectionId: Uint8Array;
  readonly local: Address;
  readonly remote: Address;
}

export type CloseSource = 'local' | 'peer' | 'idle' | 'reset';

/** How a connection ended. */
export interface CloseReason {
  readonly by: CloseSource;
  /** Whether `code` is the application's (CONNECTION_CLOSE 0x1d) or the transport's (0x1c). */
  readonly application: boolean;
  readonly code: number;
  /** 0 where unknown, and for application closes. */
  readonly frameType: number;
  readonly reason: string;
}

/**
 * `validating` until PATH_RESPONSE, `active` afterwards, `abandoned` from PATH_ABANDON until its
 * state is deleted (MP-21 §3.4).
 */
export type PathState = 'validating' | 'active' | 'abandoned';
export type PathStatus = 'available' | 'backup';

export interface PathSnapshot {
  readonly id: number;
  readonly local: Address;
  readonly remote: Address;
  readonly state: PathState;
  readonly localStatus: PathStatus | undefined;
  readonly peerStatus: PathStatus | undefined;
  /** Whether packets sent lately went unacknowledged through consecutive PTOs. */
  readonly suspect: boolean;
  readonly smoothedRtt: Duration;
  readonly minRtt: Duration;
  readonly latestRtt: Duration;
  readonly rttVariance: Duration;
  readonly pto: Duration;
  readonly congestionWindow: number;
  readonly bytesInFlight: number;
  /** UDP payload octets. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly packetsSent: number;
  readonly packetsReceived: number;
  readonly packetsLost: number;
  /** Octets of UDP payload that fit into a datagram, as far as known. */
  readonly maxDatagramSize: number;
  /** Whether the network path carries ECN marks. RFC 9000 §13.4.2 */
  readonly ecn: 'testing' | 'unknown' | 'capable' | 'failed';
  readonly ptoCount: number;
}

export interface ConnectionStats {
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly packetsSent: number;
  readonly packetsReceived: number;
  readonly packetsLost: number;
  /** Undecryptable, malformed, unexpected or duplicate packets, by reason. */
  readonly packetsDropped: Readonly<Record<string, number>>;
  readonly keyUpdates: number;
  readonly streamsOpened: number;
  readonly datagramsSent: number;
  readonly datagramsReceived: number;
  readonly datagramsDropped: number;
}

export type ConnectionEvent =
  /** Server only; answer with `answerPskLookup`. */
  | { readonly type: 'psk_lookup'; readonly lookup: PskLookup }
  /** The handshake is complete: application data may flow. */
  | { readonly type: 'handshake_complete'; readonly summary: HandshakeSummary }
  /** HANDSHAKE_DONE sent or received: paths may be opened, keys updated. RFC 9001 §4.1.2 */
  | { readonly type: 'handshake_confirmed' }
  | { readonly type: 'key_log'; readonly line: string }
  /** Client only: for a later connection of the same version; its key is a secret. RFC 9846 §4.7.1 */
  | {
      readonly type: 'session_ticket';
      readonly ticket: SessionTicket;
      readonly version: QuicVersionName;
      /** The server's limits, encoded, which a client that sends 0-RTT data goes by. RFC 9000 §7.4.1 */
      readonly parameters: Uint8Array;
    }
  /** Client only: shows this address to the same server once more, in the same version. RFC 9000 §8.1.3 */
  | {
      readonly type: 'new_token';
      readonly token: Uint8Array;
      readonly version: QuicVersionName;
    }
  /** Before `handshake_complete`: by 0-RTT data, which may be a copy. RFC 9001 §9.2 */
  | { readonly type: 'stream_opened'; readonly streamId: number }
  /** There is something for `readStream` or `peekStream`; comes once until these find nothing. */
  | { readonly type: 'stream_readable'; readonly streamId: number }
  /** `writeStream` takes more after it took less than offered. */
  | { readonly type: 'stream_writable'; readonly streamId: number }
  /** The peer acknowledged all that was sent, FIN included. */
  | { readonly type: 'stream_delivered'; readonly streamId: number }
  | { readonly type: 'stream_reset'; readonly streamId: number; readonly code: number }
  | { readonly type: 'stream_stopped'; readonly streamId: number; readonly code: number }
  /** The peer allows more streams after `openStream` found none. */
  | { readonly type: 'streams_available'; readonly direction: StreamDirection }
  /** `early` where it came as 0-RTT data, which may be a copy. RFC 9001 §9.2 */
  | { readonly type: 'datagram'; readonly data: Uint8Array; readonly early: boolean }
  /** In place of it, after {@link ConnectionMachine.batchDatagrams}; lent until the next call of `nextEvent`. */
  | { readonly type: 'datagrams'; readonly datagrams: DatagramBatch }
  /** What became of `count` datagrams, numbered from `datagramId` on. */
  | {
      readonly type: 'datagram_status';
      readonly datagramId: number;
      readonly count: number;
      readonly status: DatagramStatus;
    }
  /** There is room for many more, after {@link ConnectionMachine.datagramRoom} was 0. */
  | { readonly type: 'datagrams_writable' }
  /** A path of this ID exists now: opened here, or by the peer. */
  | { readonly type: 'path_opened'; readonly pathId: number }
  | { readonly type: 'path_validated'; readonly pathId: number }
  /** Its 4-tuple changed (migration or NAT rebinding). */
  | { readonly type: 'path_migrated'; readonly pathId: number }
  /** Client: nothing came back from where `migratePath` wanted to go. */
  | { readonly type: 'path_migration_failed'; readonly pathId: number }
  /** Client, after `handshake_confirmed`: where the server would rather be reached. RFC 9000 §9.6 */
  | {
      readonly type: 'preferred_address';
      readonly ipv4: Address | undefined;
      readonly ipv6: Address | undefined;
    }
  | {
      readonly type: 'path_status';
      readonly pathId: number;
      readonly status: PathStatus;
      readonly by: 'peer';
    }
  /** Consecutive PTOs, or recovery from them: schedulers already turned to other paths. */
  | { readonly type: 'path_suspect'; readonly pathId: number; readonly suspect: boolean }
  | {
      readonly type: 'path_closed';
      readonly pathId: number;
      readonly by: 'local' | 'peer';
      readonly code: number;
    }
  /** The limits now allow another `openPath` after it returned undefined. */
  | { readonly type: 'path_available' }
  | { readonly type: 'key_updated'; readonly keyPhase: number; readonly by: 'local' | 'peer' }
  /** First of closing or draining; `closed` follows. */
  | { readonly type: 'closing'; readonly reason: CloseReason }
  /** Last event: all state may be dropped. */
  | { readonly type: 'closed'; readonly reason: CloseReason };

/** Datagrams that came together. Lent, octets included: they serve those that come next, unless they are {@link keep | kept}. */
export interface DatagramBatch {
  /** How many. */
  readonly length: number;
  /** Whether they came as 0-RTT data, which may be a copy. RFC 9001 §9.2 */
  readonly early: boolean;
  /**
   * Datagram `index`, from 0 on, or what follows its first `from` octets. Where that is not needed as a view,
   * {@link octets} make no object.
   */
  at(index: number, from?: number): Uint8Array;
  /** Memory that holds them, each from {@link startOf} on. */
  readonly octets: Uint8Array;
  startOf(index: number): number;
  lengthOf(index: number): number;
  /** Leaves the octets to the callee: nothing is written over them. */
  keep(): void;
}

/** The fate of a datagram: `abandoned` where it was never sent. */
export type DatagramStatus = 'acknowledged' | 'lost' | 'abandoned';

export type StreamDirection = 'bidi' | 'uni';

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
