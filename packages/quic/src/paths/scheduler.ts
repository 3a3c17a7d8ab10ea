import type { Address, Duration, Instant } from '@mpquic/wire';
import type { PathStatus } from '../snapshots.ts';

/** What a scheduler may know of a path that could take a packet now. */
export interface SchedulablePath {
  readonly id: number;
  readonly local: Address;
  readonly smoothedRtt: Duration;
  readonly peerStatus: PathStatus | undefined;
  readonly localStatus: PathStatus | undefined;
  readonly suspect: boolean;
  readonly congestionWindow: number;
  readonly bytesInFlight: number;
  readonly bytesSent: number;
  readonly packetsSent: number;
  readonly packetsLost: number;
}

/** Chooses the path of each packet that carries application data. */
export interface PathScheduler {
  readonly name: string;
  /**
   * Whether {@link select} names a path again as long as that has room and nothing is received in between: then it
   * is asked once for a run of packets, and not for each of them.
   */
  readonly steady?: boolean;
  /**
   * The index in `candidates` of the path to use, or -1 to send nothing now. All candidates are
   * validated and have room in their congestion windows; `all` also holds those that have none.
   * Both are lent for the call.
   */
  select(
    candidates: readonly SchedulablePath[],
    all: readonly SchedulablePath[],
    now: Instant,
  ): number;
  /**
   * Whether a datagram goes over each of these healthy paths, rather than over the one that
   * {@link select} names. Asked when the datagram is queued.
   */
  duplicates?(paths: readonly SchedulablePath[]): boolean;
}

/** The path of least smoothed RTT that has room; backup paths only where no other path is usable. */
export const minimumRttScheduler: PathScheduler = {
  name: 'minimum_rtt',
  steady: true,
  select(candidates, all) {
    const tier = bestTier(all);
    let best = -1;
    for (let i = 0; i < candidates.length; i++) {
      const path = candidates[i] as SchedulablePath;
      if (preferenceTier(path) !== tier) continue;
      if (best < 0 || path.smoothedRtt < (candidates[best] as SchedulablePath).smoothedRtt)
        best = i;
    }
    return best;
  },
};

/** Octets that a path of weight 1 sends in its turn. */
const QUANTUM = 16 * 1350;

/**
 * Takes paths in turns, each as long as its weight; those of weight 0 only where nothing else is
 * usable. One instance serves one connection.
 */
export function weightedRoundRobinScheduler(
  weights: Readonly<Record<number, number>> = {},
): PathScheduler {
  let turn = -1;
  let turnEnd = 0;
  const weightOf = (path: SchedulablePath): number => weights[path.id] ?? 1;
  return {
    name: 'weighted_round_robin',
    select(candidates, all) {
      const tier = bestTier(all);
      const usable = (path: SchedulablePath): boolean => preferenceTier(path) === tier;
      const current = candidates.findIndex((path) => path.id === turn);
      const path = candidates[current];
      if (path !== undefined && usable(path) && path.bytesSent < turnEnd) return current;
      const next = nextInTurn(candidates, turn, (other) => usable(other) && weightOf(other) > 0);
      const chosen = next >= 0 ? next : nextInTurn(candidates, turn, usable);
      const taken = candidates[chosen];
      if (taken === undefined) return -1;
      turn = taken.id;
      turnEnd = taken.bytesSent + QUANTUM * Math.max(weightOf(taken), 1 / 16);
      return chosen;
    },
  };
}

/** The first candidate behind path `turn` in the order of path IDs, around the end; -1 for none. */
function nextInTurn(
  candidates: readonly SchedulablePath[],
  turn: number,
  usable: (path: SchedulablePath) => boolean,
): number {
  let lowest = -1;
  let next = -1;
  for (let i = 0; i < candidates.length; i++) {
    const path = candidates[i] as SchedulablePath;
    if (!usable(path)) continue;
    if (lowest < 0 || path.id < (candidates[lowest] as SchedulablePath).id) lowest = i;
    if (path.id <= turn) continue;
    if (next < 0 || path.id < (candidates[next] as SchedulablePath).id) next = i;
  }
  return next >= 0 ? next : lowest;
}

/**
 * 0: healthy and not a backup; 1: a healthy backup; 2: suspect. A path that the peer wants as backup
 * SHOULD carry nothing while another is usable; where it said nothing, our own wish counts. MP-21 §3.3
 */
export function preferenceTier(path: SchedulablePath): 0 | 1 | 2 {
  if (path.suspect) return 2;
  return (path.peerStatus ?? path.localStatus) === 'backup' ? 1 : 0;
}

function bestTier(all: readonly SchedulablePath[]): number {
  let best = 2;
  for (let i = 0; i < all.length; i++) {
    best = Math.min(best, preferenceTier(all[i] as SchedulablePath));
  }
  return best;
}
