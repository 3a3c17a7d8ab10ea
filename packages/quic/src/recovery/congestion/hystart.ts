import type { Duration, Instant } from '@mpquic/wire';
import type { AcknowledgedPackets } from './acknowledged-packets.ts';

/** MIN_RTT_THRESH, MAX_RTT_THRESH and MIN_RTT_DIVISOR. RFC 9406 §4.3 */
const LEAST_RISE: Duration = 4_000;
const MOST_RISE: Duration = 16_000;
const RISE_DIVISOR = 8;
/** N_RTT_SAMPLE */
const SAMPLES = 8;
/** CSS_GROWTH_DIVISOR */
const CONSERVATIVE_DIVISOR = 4;
/** CSS_ROUNDS */
const CONSERVATIVE_ROUNDS = 5;

/**
 * HyStart++: leaves slow start when the round-trip time rises, before the queue overflows. RFC 9406
 *
 * A round ends with the acknowledgement of a packet that was sent after the round began.
 */
export class HyStart {
  #roundStart: Instant = Number.NEGATIVE_INFINITY;
  #lastMinimum: Duration = Number.POSITIVE_INFINITY;
  #currentMinimum: Duration = Number.POSITIVE_INFINITY;
  #samples = 0;
  /** The RTT at which conservative slow start began; undefined in ordinary slow start. */
  #baseline: Duration | undefined;
  #conservativeRounds = 0;

  /** Returns by what the growth of the window is to be divided now; 0 where slow start is over. */
  acknowledged({ count, timeSent, now }: AcknowledgedPackets): number {
    if (timeSent > this.#roundStart) this.#beginRound(now);
    this.#currentMinimum = Math.min(this.#currentMinimum, now - timeSent);
    this.#samples += count;
    if (this.#samples >= SAMPLES) this.#judge();
    if (this.#baseline === undefined) return 1;
    return this.#conservativeRounds >= CONSERVATIVE_ROUNDS ? 0 : CONSERVATIVE_DIVISOR;
  }

  #beginRound(now: Instant): void {
    if (this.#baseline !== undefined) this.#conservativeRounds += 1;
    this.#roundStart = now;
    this.#lastMinimum = this.#currentMinimum;
    this.#currentMinimum = Number.POSITIVE_INFINITY;
    this.#samples = 0;
  }

  #judge(): void {
    if (this.#baseline !== undefined) {
      if (this.#currentMinimum < this.#baseline) {
        this.#baseline = undefined;
        this.#conservativeRounds = 0;
      }
      return;
    }
    const rise = Math.max(LEAST_RISE, Math.min(this.#lastMinimum / RISE_DIVISOR, MOST_RISE));
    if (this.#currentMinimum >= this.#lastMinimum + rise) this.#baseline = this.#currentMinimum;
  }
}
