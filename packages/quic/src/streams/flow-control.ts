import { type Duration, type Instant, LARGE_COUNT_START } from '@mpquic/wire';
import { TransportError } from '../transport-error.ts';

/**
 * How much the peer may send, on one stream or on the whole connection. RFC 9000 §4.1
 *
 * The window doubles, up to its maximum, where half of it is read in less than two round trips: then
 * it, and not the path or the reader, is what limits the peer.
 */
export class ReceiveWindow {
  readonly #maximum: number;
  #window: number;
  #limit = LARGE_COUNT_START;
  #received = LARGE_COUNT_START;
  #consumed = LARGE_COUNT_START;
  #epochStart: Instant | undefined;
  #epochConsumed = LARGE_COUNT_START;
  #announceAgain = false;

  /** Octets: what the transport parameters allow at first, and what the window may grow to. */
  constructor(initial: number, maximum: number) {
    this.#window = initial;
    this.#maximum = Math.max(initial, maximum);
    this.#limit = initial;
  }

  /** The limit announced last. */
  get limit(): number {
    return this.#limit;
  }

  get window(): number {
    return this.#window;
  }

  get received(): number {
    return this.#received;
  }

  /** Octets the reader took, or that nobody will read. */
  get consumed(): number {
    return this.#consumed;
  }

  /**
   * The peer used `octets` more of the limit.
   * @throws {TransportError} FLOW_CONTROL_ERROR beyond the limit
   */
  receive(octets: number): void {
    if (this.#received + octets > this.#limit) {
      throw new TransportError('FLOW_CONTROL_ERROR', `more than ${this.#limit} octets`);
    }
    this.#received += octets;
  }

  /** Octets that the peer may still use. */
  get available(): number {
    return this.#limit - this.#received;
  }

  consume(octets: number): void {
    this.#consumed += octets;
  }

  /** Whether so much was consumed that the peer should hear of a new limit. RFC 9000 §4.2 */
  get updateDue(): boolean {
    return this.#announceAgain || this.#isHalfUsed;
  }

  /** The new limit, to be announced now. */
  update(now: Instant, smoothedRtt: Duration): number {
    this.#announceAgain = false;
    if (this.#isHalfUsed) {
      this.#tune(now, smoothedRtt);
      this.#limit = Math.max(this.#limit, this.#consumed + this.#window);
    }
    return this.#limit;
  }

  /** The announcement of `limit` was lost: the latest limit is announced again, unless a later one left. */
  updateLost(limit: number): void {
    if (limit === this.#limit) this.#announceAgain = true;
  }

  /** A connection's window is no smaller than what its streams' windows need. */
  ensureWindow(octets: number): void {
    if (octets > this.#window) this.#window = Math.min(octets, this.#maximum);
  }

  /** Never so where the window is 0, and the peer may send nothing at all. */
  get #isHalfUsed(): boolean {
    return this.#limit - this.#consumed <= this.#window / 2 && this.#window > 0;
  }

  #tune(now: Instant, smoothedRtt: Duration): void {
    const consumed = this.#consumed - this.#epochConsumed;
    const roundTrips = (4 * consumed) / this.#window;
    if (this.#epochStart !== undefined && now - this.#epochStart < roundTrips * smoothedRtt) {
      this.#window = Math.min(2 * this.#window, this.#maximum);
    }
    this.#epochStart = now;
    this.#epochConsumed = this.#consumed;
  }
}

/** How much the peer lets this endpoint send, on one stream or on the whole connection. RFC 9000 §4.1 */
export class SendCredit {
  #limit = LARGE_COUNT_START;
  #used = LARGE_COUNT_START;
  #reportedAt = -1;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get limit(): number {
    return this.#limit;
  }

  get used(): number {
    return this.#used;
  }

  get available(): number {
    return this.#limit - this.#used;
  }

  use(octets: number): void {
    this.#used += octets;
  }

  /** Returns whether the limit rose; a lower one is ignored. RFC 9000 §4.1 */
  raise(limit: number): boolean {
    if (limit <= this.#limit) return false;
    this.#limit = limit;
    return true;
  }

  /** Nothing that was sent counts, and the limit is another: after 0-RTT data were rejected. */
  restart(limit: number): void {
    this.#limit = limit;
    this.#used = 0;
    this.#reportedAt = -1;
  }

  /**
   * The limit to name in DATA_BLOCKED or STREAM_DATA_BLOCKED, once per limit, where nothing is
   * available although there is data; else undefined. RFC 9000 §4.1
   */
  takeBlocked(): number | undefined {
    if (this.available > 0 || this.#reportedAt === this.#limit) return undefined;
    this.#reportedAt = this.#limit;
    return this.#limit;
  }

  /** The frame with `limit` was lost: it is sent again where it still holds. */
  blockedLost(limit: number): void {
    if (limit === this.#limit) this.#reportedAt = -1;
  }
}
