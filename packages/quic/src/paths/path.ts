import type { Address, Duration, Instant } from '@mpquic/wire';
import { LARGE_COUNT_START, sameAddress } from '@mpquic/wire';
import type { AckTracker } from '../recovery/ack-tracker.ts';
import { ArrivalRounds } from '../recovery/arrival-rounds.ts';
import type { CongestionController } from '../recovery/congestion/controller.ts';
import type { EcnValidation } from '../recovery/ecn-validation.ts';
import { type LossDetection, Space } from '../recovery/loss-detection.ts';
import type { MtuDiscovery } from '../recovery/mtu-discovery.ts';
import type { Pacer } from '../recovery/pacer.ts';
import type { RttEstimator } from '../recovery/rtt.ts';
import type { SentPackets } from '../recovery/sent-packets.ts';
import type { PathSnapshot, PathState, PathStatus } from '../snapshots.ts';
import type { SentFrame } from '../transmit/sent-frame.ts';
import type { AmplificationLimit } from './amplification-limit.ts';
import { EcnMarks } from './ecn-marks.ts';
import type { PathCandidate } from './path-candidate.ts';
import type { PathIdRecord } from './path-id-record.ts';
import { PathValidation } from './path-validation.ts';
import type { RemoteConnectionIds } from './remote-connection-ids.ts';
import type { SchedulablePath } from './scheduler.ts';

/** The two ends of a network path, and what may be sent there before it is validated. */
export interface NetworkPath {
  readonly local: Address;
  readonly remote: Address;
  readonly amplification: AmplificationLimit;
}

/** What belongs to a 4-tuple rather than to a path ID, and starts over when it changes. RFC 9000 §9.4 */
export interface PathRecovery {
  readonly rtt: RttEstimator;
  readonly congestion: CongestionController;
  readonly pacer: Pacer;
  readonly loss: LossDetection<SentFrame>;
  readonly ecn: EcnValidation;
}

/** One path: a path ID with its packet number space, its 4-tuple and its recovery. MP-21 §1.1, §3 */
export class Path implements SchedulablePath {
  readonly id: number;
  state: PathState = 'validating';
  network: NetworkPath;
  /** Where to return to when a migration fails. RFC 9000 §9.3.2 */
  previous: NetworkPath | undefined;
  /** Client: the address of the server before the last move, from which packets may still come. */
  leftRemote: Address | undefined;
  /** Where it may move to. RFC 9000 §9.1 */
  candidate: PathCandidate | undefined;
  recovery: PathRecovery;
  /** Packets received, and sent, in this path's packet number space. */
  readonly acks: AckTracker;
  readonly arrivals: ArrivalRounds = new ArrivalRounds();
  readonly packets: SentPackets<SentFrame>;
  readonly peerIds: RemoteConnectionIds;
  readonly #record: PathIdRecord;
  readonly validation: PathValidation = new PathValidation();
  /** Consecutive probe timeouts make a path suspect until something is acknowledged again. */
  suspect = false;
  /** Ack-eliciting packets that a probe timeout asks for, beyond the congestion window. */
  probesOwed = 0;
  /** The packet number space that they belong to. */
  probeSpace: Space = Space.application;
  pingOwed = false;
  /** Octets of UDP payload that fit. */
  maxDatagramSize: number;
  /** Looks for larger ones; undefined until they would be of use. RFC 8899 */
  mtu: MtuDiscovery | undefined;
  /** Octets of the largest packet that is known to have arrived at the other end of this 4-tuple. */
  largestArrived = 0;
  /** Whether a challenge in a datagram of 1200 octets was answered. RFC 9000 §8.2.1 */
  mtuValidated = false;
  /** Once the peer knows that the path is abandoned: when all state goes. MP-21 §3.4 */
  deleteAt: Instant | undefined;
  /** Whether the peer's PATH_ABANDON arrived. */
  abandonedByPeer = false;
  /** Sequence number of the connection ID that the peer sent to last. */
  localIdInUse = 0;
  bytesSent: number = LARGE_COUNT_START;
  bytesReceived: number = LARGE_COUNT_START;
  packetsSent = 0;
  packetsReceived = 0;
  /** Path on which the last acknowledgement of this one's packets came; -1 before. */
  ackPathId = -1;
  readonly ecnMarks: EcnMarks = new EcnMarks();
  /** Packets until one number is left out. */
  packetsUntilSkip = 0;
  /** Packets without ack-eliciting frames since the last with one. */
  ackOnlyPackets = 0;

  constructor(
    id: number,
    network: NetworkPath,
    parts: {
      readonly acks: AckTracker;
      readonly packets: SentPackets<SentFrame>;
      readonly record: PathIdRecord;
      readonly maxDatagramSize: number;
      /** Called when all the rest stands. */
      readonly createRecovery: (path: Path) => PathRecovery;
    },
  ) {
    this.id = id;
    this.network = network;
    this.acks = parts.acks;
    this.packets = parts.packets;
    this.#record = parts.record;
    this.peerIds = parts.record.peerIds;
    this.maxDatagramSize = parts.maxDatagramSize;
    this.recovery = parts.createRecovery(this);
  }

  get local(): Address {
    return this.network.local;
  }

  get packetsLost(): number {
    return this.recovery.loss.packetsLost;
  }

  get smoothedRtt(): Duration {
    return this.recovery.rtt.smoothed;
  }

  get congestionWindow(): number {
    return this.recovery.congestion.congestionWindow;
  }

  get bytesInFlight(): number {
    return this.recovery.congestion.bytesInFlight;
  }

  get localStatus(): PathStatus | undefined {
    return this.#record.localStatus?.status;
  }

  get peerStatus(): PathStatus | undefined {
    return this.#record.peerStatus?.status;
  }

  /** Probe timeout without backoff. */
  get probeTimeout(): Duration {
    return this.recovery.loss.probeTimeout;
  }

  /** Whether packets may leave on it at all: a peer that acknowledges nothing gets no more either. */
  get sendable(): boolean {
    if (this.state === 'abandoned' || this.packets.full) return false;
    return this.peerIds.current !== undefined;
  }

  isAt(local: Address, remote: Address): boolean {
    return sameAddress(this.network.local, local) && sameAddress(this.network.remote, remote);
  }

  /** Lets go of packets whose fate matters no more: the connection ends. */
  release(): void {
    this.packets.forgetAll();
    this.validation.abandon();
  }

  snapshot(): PathSnapshot {
    const { rtt, congestion, loss } = this.recovery;
    return {
      id: this.id,
      local: this.network.local,
      remote: this.network.remote,
      state: this.state,
      localStatus: this.localStatus,
      peerStatus: this.peerStatus,
      suspect: this.suspect,
      smoothedRtt: rtt.smoothed,
      minRtt: rtt.minimum,
      latestRtt: rtt.latest,
      rttVariance: rtt.variance,
      pto: loss.probeTimeout,
      congestionWindow: congestion.congestionWindow,
      bytesInFlight: congestion.bytesInFlight,
      bytesSent: this.bytesSent + 0,
      bytesReceived: this.bytesReceived + 0,
      packetsSent: this.packetsSent,
      packetsReceived: this.packetsReceived,
      packetsLost: loss.packetsLost,
      maxDatagramSize: this.maxDatagramSize,
      ecn: this.recovery.ecn.state,
      ptoCount: loss.ptoCount,
    };
  }
}
