import { toHex } from '@mpquic/wire';

export interface UsedTicketsOptions {
  /** Milliseconds, of the clock by which tickets are sealed. */
  readonly currentTime: () => number;
  /** Tickets that are remembered at one time, beyond which no 0-RTT is accepted. Default 65,536. */
  readonly limit?: number;
}

/**
 * What a server that accepts 0-RTT remembers of the tickets that came, so that each counts once: the
 * single-use tickets of RFC 9846 §8.1, needed only for as long as the freshness check of §8.3 lets a
 * copy of the same ClientHello pass. All endpoints whose tickets are sealed by the same keys must share
 * one such object; where they cannot, 0-RTT is to stay off.
 */
export class UsedTickets {
  readonly #currentTime: () => number;
  readonly #limit: number;
  #current = new Set<string>();
  #previous = new Set<string>();
  #since: number;

  constructor({ currentTime, limit = DEFAULT_LIMIT }: UsedTicketsOptions) {
    this.#currentTime = currentTime;
    this.#limit = limit;
    this.#since = currentTime();
  }

  /** Tickets that are remembered now. */
  get size(): number {
    return this.#current.size + this.#previous.size;
  }

  /** Whether this ticket was not used before, and counts as used from now on. */
  firstUse(ticket: Uint8Array): boolean {
    this.#forgetOld();
    const tag = toHex(ticket.subarray(-TAG_LENGTH));
    if (this.#current.has(tag) || this.#previous.has(tag)) return false;
    if (this.size >= this.#limit) return false;
    this.#current.add(tag);
    return true;
  }

  #forgetOld(): void {
    const age = this.#currentTime() - this.#since;
    if (age >= 0 && age < KEPT_FOR) return;
    this.#previous = age < 2 * KEPT_FOR ? this.#current : new Set();
    this.#current = new Set();
    this.#since = this.#currentTime();
  }
}

/** Milliseconds; twice the tolerance of a ticket's age is what passes between a ClientHello and its last copy. */
const KEPT_FOR = 20_000;

/** The authentication tag at a ticket's end tells it from all others. */
const TAG_LENGTH = 16;

const DEFAULT_LIMIT = 65_536;
