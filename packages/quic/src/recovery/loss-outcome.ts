import type { Instant } from '@mpquic/wire';

/** What one round of loss detection found. One object serves all rounds of a packet number space. RFC 9002 §6.1 */
export class LossOutcome {
  /** When the next packet is lost by time, Infinity for never. */
  lossTime: Instant = Number.POSITIVE_INFINITY;
  /** Packets declared lost. */
  count = 0;
  /** Latest time that a lost in-flight packet was sent. */
  latestTimeSent: Instant = Number.NEGATIVE_INFINITY;
  /** Longest span between two lost ack-eliciting packets with nothing acknowledged between. RFC 9002 §7.6.2 */
  persistentSpan = 0;
  /** Send time of the first ack-eliciting packet of the run of lost ones that is being passed; a run outlives a round. */
  #runStart: Instant = Number.NaN;

  /** The next round begins. */
  begin(): void {
    this.lossTime = Number.POSITIVE_INFINITY;
    this.count = 0;
    this.latestTimeSent = Number.NEGATIVE_INFINITY;
    this.persistentSpan = 0;
  }

  packetLost(timeSent: Instant): void {
    this.count += 1;
    this.latestTimeSent = timeSent;
  }

  /** An ack-eliciting packet was lost; only those sent after `persistentFrom` begin a run. RFC 9002 §7.6.2 */
  extendRun(timeSent: Instant, persistentFrom: Instant): void {
    if (Number.isNaN(this.#runStart)) {
      if (timeSent > persistentFrom) this.#runStart = timeSent;
      return;
    }
    const span = timeSent - this.#runStart;
    if (span > this.persistentSpan) this.persistentSpan = span;
  }

  /** Something was acknowledged in between. */
  endRun(): void {
    this.#runStart = Number.NaN;
  }
}
