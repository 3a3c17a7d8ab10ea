import type { Instant } from '@mpquic/wire';
import type { AcknowledgedPackets } from './acknowledged-packets.ts';
import { type CongestionController, initialWindow, minimumWindow } from './controller.ts';
import { RateReduction } from './rate-reduction.ts';

/** kLossReductionFactor. RFC 9002 §B.1 */
const LOSS_REDUCTION_FACTOR = 0.5;

/** The congestion controller of RFC 9002 §7 and Appendix B. */
export class NewReno implements CongestionController {
  readonly name = 'newreno';
  #maxDatagramSize: number;
  #congestionWindow: number;
  #bytesInFlight = 0;
  #slowStartThreshold = Number.POSITIVE_INFINITY;
  #recoveryStartedAt: Instant = Number.NEGATIVE_INFINITY;
  readonly #reduction: RateReduction = new RateReduction();
  #applicationLimited = false;
  /** Octets acknowledged in congestion avoidance since the window last grew. */
  #acknowledged = 0;

  constructor(maxDatagramSize: number) {
    this.#maxDatagramSize = maxDatagramSize;
    this.#congestionWindow = initialWindow(maxDatagramSize);
  }

  get congestionWindow(): number {
    return this.#congestionWindow;
  }

  get bytesInFlight(): number {
    return this.#bytesInFlight;
  }

  get room(): number {
    return Math.max(this.#congestionWindow - this.#bytesInFlight, this.#reduction.allowance);
  }

  get slowStartThreshold(): number {
    return this.#slowStartThreshold;
  }

  get inSlowStart(): boolean {
    return this.#congestionWindow < this.#slowStartThreshold;
  }

  setApplicationLimited(limited: boolean): void {
    this.#applicationLimited = limited;
  }

  setMaxDatagramSize(size: number): void {
    this.#maxDatagramSize = size;
    this.#congestionWindow = Math.max(this.#congestionWindow, minimumWindow(size));
  }

  packetSent(size: number): void {
    this.#bytesInFlight += size;
    this.#reduction.packetSent(size);
  }

  /** RFC 9002 §B.5 */
  packetsAcknowledged({ count, size, timeSent }: AcknowledgedPackets): void {
    const octets = count * size;
    this.#bytesInFlight -= octets;
    if (timeSent <= this.#recoveryStartedAt) {
      this.#reduction.octetsAcknowledged(octets);
      return;
    }
    this.#reduction.end();
    if (this.#applicationLimited) return;
    if (this.inSlowStart) {
      this.#congestionWindow += octets;
      return;
    }
    this.#acknowledged += octets;
    while (this.#acknowledged >= this.#congestionWindow) {
      this.#acknowledged -= this.#congestionWindow;
      this.#congestionWindow += this.#maxDatagramSize;
    }
  }

  packetLost(size: number): void {
    this.#bytesInFlight -= size;
  }

  packetDiscarded(size: number): void {
    this.#bytesInFlight -= size;
  }

  /** RFC 9002 §B.6 */
  congestionEvent(timeSent: Instant, now: Instant): void {
    if (timeSent <= this.#recoveryStartedAt) return;
    this.#recoveryStartedAt = now;
    this.#slowStartThreshold = Math.max(
      Math.floor(this.#congestionWindow * LOSS_REDUCTION_FACTOR),
      minimumWindow(this.#maxDatagramSize),
    );
    this.#congestionWindow = this.#slowStartThreshold;
    this.#reduction.begin(this.#congestionWindow, this.#bytesInFlight);
    this.#acknowledged = 0;
  }

  persistentCongestion(): void {
    this.#congestionWindow = minimumWindow(this.#maxDatagramSize);
    this.#recoveryStartedAt = Number.NEGATIVE_INFINITY;
    this.#reduction.end();
    this.#acknowledged = 0;
  }
}
