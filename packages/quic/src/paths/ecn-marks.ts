/**
 * Which packets of a path left with an ECN mark: the first ones, and all from when the path was found
 * to carry marks. RFC 9000 §13.4.2
 */
export class EcnMarks {
  /** Packet numbers below were marked, to test the path. */
  #testedBelow = 0;
  /** Packet numbers from here on are marked. */
  #markedFrom = Number.POSITIVE_INFINITY;
  #acknowledged = 0;

  /** Packet `number` leaves with a mark, either `testing` the path or because it is known to carry it. */
  sent(number: number, testing: boolean): void {
    if (testing) this.#testedBelow = number + 1;
    else if (this.#markedFrom === Number.POSITIVE_INFINITY) this.#markedFrom = number;
  }

  includes(number: number): boolean {
    return number < this.#testedBelow || number >= this.#markedFrom;
  }

  acknowledged(number: number): void {
    if (this.includes(number)) this.#acknowledged += 1;
  }

  /** Marked packets acknowledged since the last call. */
  takeAcknowledged(): number {
    const count = this.#acknowledged;
    this.#acknowledged = 0;
    return count;
  }
}
