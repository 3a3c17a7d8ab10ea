import type { Address, Duration } from '@mpquic/wire';

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
