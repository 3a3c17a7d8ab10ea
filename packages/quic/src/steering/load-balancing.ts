import type { PathScheduler, SchedulablePath } from '../paths/scheduler.ts';
import { type AccessOf, fastest } from './access.ts';
import { PathQuality, type SteeringThresholds } from './path-quality.ts';

/** Octets by which one access may be ahead of its share: about one round of packets. */
const SLACK = 64 * 1350;

/**
 * Traffic over both accesses by fixed shares. Where only one works, or keeps within the thresholds, it
 * takes all. TS 23.501 §5.32.8. One instance serves one connection.
 * @param sharePercent3gpp 0 to 100
 */
export function fixedSplitScheduler(
  sharePercent3gpp: number,
  accessOf: AccessOf,
  thresholds?: SteeringThresholds,
): PathScheduler {
  const quality = new PathQuality(thresholds);
  const shareOf = (path: SchedulablePath): number =>
    accessOf(path) === '3gpp' ? sharePercent3gpp : 100 - sharePercent3gpp;
  const progress = new ShareProgress(shareOf);
  return {
    name: 'load_balancing',
    select(candidates, all) {
      const usable = usablePaths(all, (path) => shareOf(path) > 0, quality);
      progress.keep(usable);
      let least = Number.POSITIVE_INFINITY;
      for (const path of usable) least = Math.min(least, progress.of(path));
      let chosen = -1;
      let chosenProgress = Number.POSITIVE_INFINITY;
      for (let i = 0; i < candidates.length; i++) {
        const path = candidates[i] as SchedulablePath;
        if (!usable.includes(path)) continue;
        const ahead = progress.of(path);
        if (ahead >= chosenProgress) continue;
        chosen = i;
        chosenProgress = ahead;
      }
      const path = candidates[chosen];
      if (path === undefined) return -1;
      return progress.octets(path, chosenProgress - least) > SLACK ? -1 : chosen;
    },
  };
}

/** What paths have sent in relation to their shares, since each became usable. */
class ShareProgress {
  readonly #shareOf: (path: SchedulablePath) => number;
  /** Octets that count as none, by path ID, of the paths that are usable. */
  readonly #baselines = new Map<number, number>();

  constructor(shareOf: (path: SchedulablePath) => number) {
    this.#shareOf = shareOf;
  }

  /** Only of paths that were given to {@link keep}. */
  of(path: SchedulablePath): number {
    const baseline = this.#baselines.get(path.id) ?? path.bytesSent;
    return ((path.bytesSent - baseline) * 100) / this.#weightOf(path);
  }

  /** Octets of a path that make so much progress. */
  octets(path: SchedulablePath, progress: number): number {
    return (progress * this.#weightOf(path)) / 100;
  }

  /** A path that comes, or comes back, starts where the others are: what it missed is not made up for. */
  keep(usable: readonly SchedulablePath[]): void {
    const { size } = this.#baselines;
    if (size === usable.length && usable.every(({ id }) => this.#baselines.has(id))) return;
    for (const id of [...this.#baselines.keys()]) {
      if (!usable.some((path) => path.id === id)) this.#baselines.delete(id);
    }
    let most = 0;
    for (const path of usable) {
      if (this.#baselines.has(path.id)) most = Math.max(most, this.of(path));
    }
    for (const path of usable) {
      if (this.#baselines.has(path.id)) continue;
      this.#baselines.set(path.id, path.bytesSent - this.octets(path, most));
    }
  }

  /** A path without a share counts too, where it is all there is. */
  #weightOf(path: SchedulablePath): number {
    return Math.max(this.#shareOf(path), 1);
  }
}

/** Traffic over both accesses as each has room: the network finds the shares. TS 23.501 §5.32.8 */
export function autonomousSplitScheduler(thresholds?: SteeringThresholds): PathScheduler {
  const quality = new PathQuality(thresholds);
  return {
    name: 'load_balancing_autonomous',
    select(candidates, all) {
      const usable = usablePaths(all, () => true, quality);
      let chosen = -1;
      let least = Number.POSITIVE_INFINITY;
      for (let i = 0; i < candidates.length; i++) {
        const path = candidates[i] as SchedulablePath;
        const load = path.bytesInFlight / path.congestionWindow;
        if (!usable.includes(path) || load >= least) continue;
        chosen = i;
        least = load;
      }
      return chosen;
    },
  };
}

/**
 * The paths to spread traffic over: those that work, have a share and keep within the thresholds; where
 * there are none, the next best.
 */
function usablePaths(
  all: readonly SchedulablePath[],
  hasShare: (path: SchedulablePath) => boolean,
  quality: PathQuality,
): readonly SchedulablePath[] {
  const healthy = all.filter((path) => !path.suspect);
  const shared = healthy.filter(hasShare);
  const good = shared.filter((path) => quality.isGood(path));
  if (good.length > 0) return good;
  if (shared.length > 0) return shared;
  if (healthy.length > 0) return healthy;
  const any = all[fastest(all, () => true)];
  return any === undefined ? [] : [any];
}
