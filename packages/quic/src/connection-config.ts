import type {
  CertificateVerifier,
  CryptoProvider,
  GroupName,
  ServerCertificate,
} from '@mpquic/crypto';
import type {
  CipherSuiteName,
  ExternalPsk,
  ResumableSession,
  SealingKeys,
  TicketPolicy,
} from '@mpquic/tls';
import type { Address, Duration, Random } from '@mpquic/wire';
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
