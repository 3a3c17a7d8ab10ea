import type { Duration, Instant } from '@mpquic/wire';

/** Up to so many packets per round are few. */
const FEW_PACKETS = 32;
/** A round is the round-trip time, but no less: below, nobody waits for an acknowledgement for long. */
const LEAST_ROUND: Duration = 5_000;

/**
 * Counts the ack-eliciting packets that arrive per round trip. Where they are few, the sender's window is
 * small, and a packet that waits for the next one to be acknowledged takes a part of it that is felt.
 */
export class ArrivalRounds {
  #start: Instant = Number.NEGATIVE_INFINITY;
  /** Of the time before the first one nothing is known. */
  #count = Number.POSITIVE_INFINITY;
  #few = false;

  /**
   * Notes ack-eliciting packets that came together. Returns, for the first of them, whether few came in the last whole
   * round.
   */
  packetsReceived(count: number, now: Instant, roundTrip: Duration): boolean {
    if (now - this.#start >= Math.max(roundTrip, LEAST_ROUND)) {
      this.#few = this.#count <= FEW_PACKETS;
      this.#count = 0;
      this.#start = now;
    }
    const before = this.#count;
    this.#count += count;
    return this.#few && before < FEW_PACKETS;
  }
}
