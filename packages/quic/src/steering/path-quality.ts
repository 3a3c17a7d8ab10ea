import type { SchedulablePath } from '../paths/scheduler.ts';

/** Measurements beyond which an access is not to be used. TS 23.501 §5.32.8 */
export interface SteeringThresholds {
  /** Milliseconds. */
  readonly maximumRtt?: number;
  /** Per cent. */
  readonly maximumLossRate?: number;
}

interface Sample {
  packetsSent: number;
  packetsLost: number;
  /** Of the last whole window, 0 to 1. */
  lossRate: number;
}

/** Packets after which the loss rate is measured anew. */
const WINDOW = 128;

/** Round-trip time and recent loss of paths against thresholds. */
export class PathQuality {
  readonly #thresholds: SteeringThresholds;
  readonly #samples = new Map<number, Sample>();

  constructor(thresholds: SteeringThresholds = {}) {
    this.#thresholds = thresholds;
  }

  /** Whether there is anything to hold paths against. */
  get bounded(): boolean {
    const { maximumRtt, maximumLossRate } = this.#thresholds;
    return maximumRtt !== undefined || maximumLossRate !== undefined;
  }

  /** Whether a path keeps within the thresholds. */
  isGood(path: SchedulablePath): boolean {
    const { maximumRtt, maximumLossRate } = this.#thresholds;
    if (maximumRtt !== undefined && path.smoothedRtt > maximumRtt * 1000) return false;
    return maximumLossRate === undefined || this.#lossRate(path) * 100 <= maximumLossRate;
  }

  #lossRate(path: SchedulablePath): number {
    let sample = this.#samples.get(path.id);
    if (sample === undefined) {
      sample = { packetsSent: path.packetsSent, packetsLost: path.packetsLost, lossRate: 0 };
      this.#samples.set(path.id, sample);
    }
    const sent = path.packetsSent - sample.packetsSent;
    if (sent >= WINDOW) {
      sample.lossRate = (path.packetsLost - sample.packetsLost) / sent;
      sample.packetsSent = path.packetsSent;
      sample.packetsLost = path.packetsLost;
    }
    return sample.lossRate;
  }
}
