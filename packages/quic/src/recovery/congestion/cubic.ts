import { type Duration, FRACTION_START, type Instant } from '@mpquic/wire';
import type { AcknowledgedPackets } from './acknowledged-packets.ts';
import { type CongestionController, initialWindow, minimumWindow } from './controller.ts';
import { HyStart } from './hystart.ts';
import { RateReduction } from './rate-reduction.ts';

/** C, in segments per second cubed. RFC 9438 §5.1 */
const CUBIC_CONSTANT = 0.4;
/** RFC 9438 §4.6 */
const BETA = 0.7;
/** Additive increase that gives Reno's throughput with {@link BETA}. RFC 9438 §4.3 */
const ALPHA = (3 * (1 - BETA)) / (1 + BETA);

/**
 * CUBIC. RFC 9438, with slow start, recovery periods and persistent congestion of RFC 9002 §7.
 * Windows are counted in segments of the maximum datagram size, fractions included.
 */
export class Cubic implements CongestionController {
  readonly name = 'cubic';
  #segment: number;
  #window: number = FRACTION_START;
  #bytesInFlight = 0;
  #threshold = Number.POSITIVE_INFINITY;
  #recoveryStartedAt: Instant = Number.NEGATIVE_INFINITY;
  readonly #reduction: RateReduction = new RateReduction();

  /** W_max: the window at the last congestion event, or less where bandwidth is given up. §4.7 */
  #maximum: number = FRACTION_START;
  /** cwnd_prior: the window at the last congestion event. */
  #priorWindow: number = FRACTION_START;
  /** When congestion avoidance began; undefined: the next acknowledgement begins it. */
  #epochStart: Instant | undefined;
  /** cwnd_epoch */
  #epochWindow: number = FRACTION_START;
  /** K, in microseconds: how long after the epoch's start the window is back at W_max. */
  #timeToMaximum: Duration = FRACTION_START;
  /** W_est: what Reno's window would be. */
  #renoWindow: number = FRACTION_START;
  #applicationLimitedSince: Instant | undefined;
  /** Only in the first slow start: later ones know their threshold. RFC 9406 §4.2 */
  #hyStart: HyStart | undefined = new HyStart();

  constructor(maxDatagramSize: number) {
    this.#segment = maxDatagramSize;
    this.#window = initialWindow(maxDatagramSize) / maxDatagramSize;
  }

  get congestionWindow(): number {
    return Math.floor(this.#window * this.#segment);
  }

  get bytesInFlight(): number {
    return this.#bytesInFlight;
  }

  get room(): number {
    const octets = this.#window * this.#segment - this.#bytesInFlight;
    return Math.floor(Math.max(octets, this.#reduction.allowance));
  }

  get slowStartThreshold(): number {
    return Math.floor(this.#threshold * this.#segment);
  }

  get inSlowStart(): boolean {
    return this.#window < this.#threshold;
  }

  /** Windows keep their octets. */
  setMaxDatagramSize(size: number): void {
    const factor = this.#segment / size;
    this.#segment = size;
    this.#threshold *= factor;
    this.#maximum *= factor;
    this.#priorWindow *= factor;
    this.#epochWindow *= factor;
    this.#renoWindow *= factor;
    this.#window = Math.max(this.#window * factor, minimumWindow(size) / size);
  }

  /** Time without data to send does not count as time in the epoch. RFC 9438 §5.8 */
  setApplicationLimited(limited: boolean, now: Instant): void {
    if (limited) {
      this.#applicationLimitedSince ??= now;
      return;
    }
    if (this.#applicationLimitedSince === undefined) return;
    if (this.#epochStart !== undefined) this.#epochStart += now - this.#applicationLimitedSince;
    this.#applicationLimitedSince = undefined;
  }

  packetSent(size: number): void {
    this.#bytesInFlight += size;
    this.#reduction.packetSent(size);
  }

  packetsAcknowledged(packets: AcknowledgedPackets): void {
    const octets = packets.count * packets.size;
    this.#bytesInFlight -= octets;
    if (packets.timeSent <= this.#recoveryStartedAt) {
      this.#reduction.octetsAcknowledged(octets);
      return;
    }
    this.#reduction.end();
    if (this.#applicationLimitedSince !== undefined) return;
    if (this.inSlowStart) this.#slowStart(octets, packets);
    else this.#avoidCongestion(octets, packets);
  }

  packetLost(size: number): void {
    this.#bytesInFlight -= size;
  }

  packetDiscarded(size: number): void {
    this.#bytesInFlight -= size;
  }

  /** RFC 9438 §4.6, §4.7 */
  congestionEvent(timeSent: Instant, now: Instant): void {
    if (timeSent <= this.#recoveryStartedAt) return;
    this.#recoveryStartedAt = now;
    this.#hyStart = undefined;
    this.#priorWindow = this.#window;
    const shrinking = this.#window < this.#maximum;
    this.#maximum = shrinking ? (this.#window * (1 + BETA)) / 2 : this.#window;
    this.#window = Math.max(this.#window * BETA, minimumWindow(1));
    this.#threshold = this.#window;
    this.#reduction.begin(this.congestionWindow, this.#bytesInFlight);
    this.#epochStart = undefined;
  }

  /** RFC 9438 §4.8: as after a retransmission timeout. */
  persistentCongestion(): void {
    this.#maximum = this.#window;
    this.#priorWindow = this.#window;
    this.#reduction.end();
    this.#threshold = Math.max(this.#window * BETA, minimumWindow(1));
    this.#window = minimumWindow(1);
    this.#epochStart = undefined;
    this.#recoveryStartedAt = Number.NEGATIVE_INFINITY;
  }

  #slowStart(octets: number, packets: AcknowledgedPackets): void {
    const divisor = this.#hyStart?.acknowledged(packets) ?? 1;
    if (divisor > 0) {
      this.#window += octets / this.#segment / divisor;
      return;
    }
    this.#hyStart = undefined;
    this.#threshold = this.#window;
  }

  /** RFC 9438 §4.2 to §4.5 */
  #avoidCongestion(octets: number, { now, smoothedRtt }: AcknowledgedPackets): void {
    if (this.#epochStart === undefined) this.#beginEpoch(now);
    const segments = octets / this.#segment;
    // W_cubic(t), Figure 1 of RFC 9438; in place, as a function would return an object for every packet.
    const seconds = (now - (this.#epochStart as Instant) - this.#timeToMaximum) / 1_000_000;
    const cubicWindow = CUBIC_CONSTANT * seconds * seconds * seconds + this.#maximum;

    const alpha = this.#renoWindow < this.#priorWindow ? ALPHA : 1;
    this.#renoWindow += (alpha * segments) / this.#window;
    if (cubicWindow < this.#renoWindow) {
      this.#window = Math.max(this.#window, this.#renoWindow);
      return;
    }
    const later = seconds + smoothedRtt / 1_000_000;
    const ahead = CUBIC_CONSTANT * later * later * later + this.#maximum;
    const target = Math.min(Math.max(ahead, this.#window), 1.5 * this.#window);
    this.#window += ((target - this.#window) / this.#window) * segments;
  }

  #beginEpoch(now: Instant): void {
    this.#epochStart = now;
    this.#epochWindow = this.#window;
    this.#renoWindow = this.#window;
    if (this.#maximum < this.#window) this.#maximum = this.#window;
    if (this.#priorWindow === 0) this.#priorWindow = this.#window;
    const distance = (this.#maximum - this.#epochWindow) / CUBIC_CONSTANT;
    this.#timeToMaximum = Math.cbrt(distance) * 1_000_000;
  }
}
