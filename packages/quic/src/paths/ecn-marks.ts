/** Packets without a mark that are remembered; beyond, a path may be taken for one that clears marks. */
const UNMARKED_LIMIT = 32;

/**
 * Which packets of a path left with an ECN mark on its network path: the first ones, and all from when
 * it was found to carry marks. RFC 9000 §13.4.2
 */
export class EcnMarks {
  /** Packet numbers from here up to the next were marked, to test the network path. */
  #testedFrom = 0;
  #testedBelow = 0;
  /** Packet numbers from here on are marked. */
  #markedFrom = Number.POSITIVE_INFINITY;
  /** Packets among them that left without a mark, the latest ones. */
  #unmarked: readonly number[] = NONE;
  #acknowledged = 0;

  /** Packet `number` leaves with a mark, either `testing` the path or because it is known to carry it. */
  sent(number: number, testing: boolean): void {
    if (testing) this.#testedBelow = number + 1;
    else if (this.#markedFrom === Number.POSITIVE_INFINITY) this.#markedFrom = number;
  }

  /** Packet `number` goes elsewhere, or is a probe: it leaves without a mark. */
  unmarked(number: number): void {
    this.#unmarked = this.#unmarked.slice(1 - UNMARKED_LIMIT).concat(number);
  }

  includes(number: number): boolean {
    if (this.#unmarked.length > 0 && this.#unmarked.includes(number)) return false;
    if (number >= this.#markedFrom) return true;
    return number >= this.#testedFrom && number < this.#testedBelow;
  }

  /** Packets with lower numbers than `next` were sent over another network path, and count no more. */
  restart(next: number): void {
    this.#testedFrom = next;
    this.#testedBelow = next;
    this.#markedFrom = Number.POSITIVE_INFINITY;
    this.#acknowledged = 0;
  }

  /** `count` packets from `first` on. */
  acknowledged(first: number, count: number): void {
    const end = first + count;
    if (this.#unmarked.length === 0 && first >= this.#markedFrom) this.#acknowledged += count;
    else
      for (let number = first; number < end; number++)
        if (this.includes(number)) this.#acknowledged += 1;
  }

  /** Marked packets acknowledged since the last call. */
  takeAcknowledged(): number {
    const count = this.#acknowledged;
    this.#acknowledged = 0;
    return count;
  }
}

const NONE: readonly number[] = [];
