import type { Duration, Instant } from '@mpquic/wire';
import type { PathStatus } from '../contract.ts';

/** What a scheduler may know of a path that could take a packet now. */
export interface SchedulablePath {
  readonly id: number;
  readonly smoothedRtt: Duration;
  readonly peerStatus: PathStatus | undefined;
  readonly localStatus: PathStatus | undefined;
  readonly suspect: boolean;
  readonly congestionWindow: number;
  readonly bytesInFlight: number;
  readonly bytesSent: number;
}

/** Chooses the path of each packet that carries application data. */
export interface PathScheduler {
  readonly name: string;
  /**
   * The index in `candidates` of the path to use, or -1 to send nothing now. All candidates are
   * validated and have room in their congestion windows; `all` also holds those that have none.
   */
  select(
    candidates: readonly SchedulablePath[],
    all: readonly SchedulablePath[],
    now: Instant,
  ): number;
}
