import type { CryptoProvider } from '@mpquic/crypto';
import type { Handshake, HandshakeSummary } from '@mpquic/tls';
import type { Datagram, Instant, Random } from '@mpquic/wire';
import type { ResolvedConfig } from './defaults.ts';
import type { EventQueue } from './event-queue.ts';
import type { EarlyData, EarlyOffer } from './handshake/early-data.ts';
import type { Lifetime } from './lifetime.ts';
import type { ConnectionObserver } from './observer.ts';
import type { LocalConnectionIds } from './paths/local-connection-ids.ts';
import type { PathSet } from './paths/path-set.ts';
import type { PathScheduler } from './paths/scheduler.ts';
import type { KeyPhases } from './protection/key-phases.ts';
import type { LevelKeys } from './protection/level-keys.ts';
import type { AckTracker } from './recovery/ack-tracker.ts';
import type { Space } from './recovery/loss-detection.ts';
import type { SentPackets } from './recovery/sent-packets.ts';
import type { CryptoStream } from './streams/crypto-stream.ts';
import type { DatagramReceiveQueue } from './streams/datagram-receive-queue.ts';
import type { DatagramSendQueue } from './streams/datagram-send-queue.ts';
import type { ReceiveWindow, SendCredit } from './streams/flow-control.ts';
import type { RedundantDatagrams } from './streams/redundant-datagrams.ts';
import type { StreamSet } from './streams/stream-set.ts';
import type { Outbox } from './transmit/outbox.ts';
import type { SentFrame } from './transmit/sent-frame.ts';
import type { PreferredAddress, TransportParameters } from './wire/transport-parameters.ts';
import type { QuicVersion } from './wire/versions.ts';
import type { Environment } from './workspace.ts';

/** The Initial or the Handshake packets of a connection, until their keys are discarded. */
export interface HandshakeSpace {
  readonly level: 'initial' | 'handshake';
  readonly space: Space;
  /** Replaced by Retry, and with the version. */
  keys: LevelKeys;
  readonly acks: AckTracker;
  readonly packets: SentPackets<SentFrame>;
  readonly crypto: CryptoStream;
}

/** A packet that came before its keys. RFC 9001 §5.7 */
export interface EarlyPacket {
  readonly level: 'early' | 'handshake' | 'application';
  readonly datagram: Datagram;
  readonly arrivedAt: Instant;
}

/** What is needed until the handshake is confirmed, and dropped then. */
export interface HandshakeState {
  initial: HandshakeSpace | undefined;
  handshake: HandshakeSpace | undefined;
  /** The client's first Destination Connection ID. RFC 9000 §7.2 */
  readonly originalDestination: Uint8Array;
  /** What the client's Initials are sent to: the same, or the Source Connection ID of a Retry. */
  readonly initialDestination: Uint8Array;
  /** Of the client's first packet. */
  readonly originalVersion: QuicVersion;
  /** Keys of Initial packets in the version that was left, or that the server may turn to. */
  otherInitial: { readonly version: QuicVersion; readonly keys: LevelKeys } | undefined;
  /** Client: whether a Version Negotiation packet led to this version. */
  readonly restarted: boolean;
  /** Client that speaks several versions: begins anew with another one. */
  readonly restart: ((version: QuicVersion, now: Instant) => void) | undefined;
  /** Client: what it goes by if TLS lets it send 0-RTT data. */
  earlyOffer: EarlyOffer | undefined;
  /** Server: the client's transport parameters, between their reading and their use. */
  peerParameters: TransportParameters | undefined;
  /** Our own first Source Connection ID. */
  readonly localSource: Uint8Array;
  /** The Source Connection ID of the peer's first Initial. */
  peerSource: Uint8Array | undefined;
  /** Client: that of a Retry. */
  retrySource: Uint8Array | undefined;
  /** Client: sent in Initial packets. */
  token: Uint8Array;
  /** Whether a packet of the peer was opened yet. */
  packetOpened: boolean;
  /** Client: whether the server acknowledged a Handshake packet. RFC 9002 §6.2.2.1 */
  peerValidatedAddress: boolean;
}

/** Counters behind `ConnectionStats`. */
export interface Counters {
  bytesSent: number;
  bytesReceived: number;
  packetsSent: number;
  packetsReceived: number;
  packetsLost: number;
  readonly packetsDropped: Record<string, number>;
  keyUpdates: number;
  datagramsSent: number;
  datagramsReceived: number;
  datagramsDropped: number;
}

/** Everything a connection is made of. The verbs are functions over it. */
export interface ConnectionState {
  readonly role: 'client' | 'server';
  readonly config: ResolvedConfig;
  readonly observer: ConnectionObserver | undefined;
  readonly crypto: CryptoProvider;
  readonly random: Random;
  readonly environment: Environment;
  /** By which the table of connection IDs knows this connection. */
  readonly owner: object;
  /** Changes once at most, where the server prefers another. RFC 9368 §2.3 */
  version: QuicVersion;
  readonly localIds: LocalConnectionIds<object>;
  readonly events: EventQueue;
  readonly outbox: Outbox;
  readonly streams: StreamSet;
  /** What all streams together may receive. */
  readonly receiveWindow: ReceiveWindow;
  /** What all streams together may send. */
  readonly sendCredit: SendCredit;
  readonly datagramsToSend: DatagramSendQueue;
  readonly redundantDatagrams: RedundantDatagrams;
  readonly datagramsReceived: DatagramReceiveQueue;
  readonly paths: PathSet;
  readonly counters: Counters;
  lifetime: Lifetime;
  /** Of the call under way. */
  now: Instant;
  /** Undefined once it is confirmed. */
  handshake: HandshakeState | undefined;
  tls: Handshake | undefined;
  /** Packets that wait for their keys. */
  earlyPackets: EarlyPacket[];
  /** When the one that is being received came; undefined while packets are received as they come. */
  earlyArrival: Instant | undefined;
  /** CRYPTO data of 1-RTT packets. */
  applicationCrypto: CryptoStream | undefined;
  /** Undefined where no 0-RTT data are offered, or accepted. */
  early: EarlyData | undefined;
  /** 1-RTT keys. */
  keys: KeyPhases | undefined;
  /** The peer's transport parameters. */
  peer: TransportParameters | undefined;
  /** Server: the client's host that a token was given for last; undefined where none are given. RFC 9000 §8.1.3 */
  tokenHost: string | undefined;
  /** The server's preferred address. RFC 9000 §9.6 */
  preferred: Pick<PreferredAddress, 'ipv4' | 'ipv6'> | undefined;
  summary: HandshakeSummary | undefined;
  handshakeComplete: boolean;
  handshakeConfirmed: boolean;
  /** Whether the peer is known to count the handshake as confirmed too. */
  peerConfirmed: boolean;
  /** Server: how often HANDSHAKE_DONE was repeated because the client asked. */
  confirmationsRepeated: number;
  /** Chooses the path of application data. */
  scheduler: PathScheduler;
  /** Whether streams go before datagrams in the next packet. */
  streamsFirst: boolean;
  /** Whether `path_available` is awaited. */
  pathWanted: boolean;
  /** Restarted by what arrives, and by the first ack-eliciting packet after it. RFC 9000 §10.1 */
  idleSince: Instant;
  sentSinceReceived: boolean;
}
