/**
 * Proportional rate reduction: in a recovery period the flight comes down to the new window packet by
 * packet, instead of by silence until enough is acknowledged. RFC 9002 §7.3.2, RFC 6937
 */
export class RateReduction {
  /** Octets sent for each octet acknowledged; 0 outside of recovery. */
  #factor = 0;
  /** Octets acknowledged in this recovery period, and octets sent. */
  #delivered = 0;
  #sent = 0;

  /** Octets that may be sent now, though the flight exceeds the new window. */
  get allowance(): number {
    return this.#factor * this.#delivered - this.#sent;
  }

  /** A recovery period begins with `flight` octets on their way: once all have arrived, `window` octets were sent. */
  begin(window: number, flight: number): void {
    this.#factor = flight > window ? window / flight : 0;
    this.#delivered = 0;
    this.#sent = 0;
  }

  end(): void {
    this.begin(0, 0);
  }

  packetSent(size: number): void {
    if (this.#factor > 0) this.#sent += size;
  }

  octetsAcknowledged(octets: number): void {
    if (this.#factor > 0) this.#delivered += octets;
  }
}
