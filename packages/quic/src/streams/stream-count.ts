import { TransportError } from '../transport-error.ts';

/** How many streams of one direction exist, and may exist, by either side. RFC 9000 §4.6 */
export class StreamCount {
  /** Streams that the peer may have open at one time. */
  readonly #concurrent: number;
  #limit: number;
  #announceAgain = false;
  #openedByPeer = 0;
  #closedByPeer = 0;

  #peerLimit = 0;
  #opened = 0;
  #wanted = false;
  #blockedReportedAt = -1;

  /** `initialLimit`: streams that the peer may open, as announced in the transport parameters. */
  constructor(initialLimit: number) {
    this.#concurrent = initialLimit;
    this.#limit = initialLimit;
  }

  /** Streams this endpoint opened. */
  get opened(): number {
    return this.#opened;
  }

  /** Streams the peer may open, all in all. */
  get limit(): number {
    return this.#limit;
  }

  /** The next stream's index among those of its kind, or undefined at the peer's limit. */
  open(): number | undefined {
    if (this.#opened >= this.#peerLimit) {
      this.#wanted = true;
      return undefined;
    }
    this.#opened += 1;
    return this.#opened - 1;
  }

  /**
   * MAX_STREAMS, or a transport parameter. Returns whether a stream that {@link open} refused may be
   * opened now.
   */
  raisePeerLimit(limit: number): boolean {
    if (limit <= this.#peerLimit) return false;
    this.#peerLimit = limit;
    const wanted = this.#wanted;
    this.#wanted = false;
    return wanted;
  }

  /** A new limit of the peer, which may be lower: open streams beyond it have to wait. */
  replacePeerLimit(limit: number): void {
    this.#peerLimit = limit;
    this.#blockedReportedAt = -1;
    if (this.#opened > limit) this.#wanted = true;
  }

  /** Whether the peer allows the stream of this index. */
  allows(index: number): boolean {
    return index < this.#peerLimit;
  }

  /** The limit for STREAMS_BLOCKED, once per limit, after {@link open} refused; else undefined. */
  takeBlocked(): number | undefined {
    if (!this.#wanted || this.#blockedReportedAt === this.#peerLimit) return undefined;
    this.#blockedReportedAt = this.#peerLimit;
    return this.#peerLimit;
  }

  /** STREAMS_BLOCKED with `limit` was lost: it is sent again where it still holds. */
  blockedLost(limit: number): void {
    if (limit === this.#peerLimit) this.#blockedReportedAt = -1;
  }

  /**
   * The peer used stream `index`, and with it opened all lower ones. Returns the lowest index that is
   * newly open, which is above `index` where none is.
   * @throws {TransportError} STREAM_LIMIT_ERROR
   */
  openedByPeer(index: number): number {
    if (index >= this.#limit) {
      throw new TransportError('STREAM_LIMIT_ERROR', `more than ${this.#limit} streams`);
    }
    const first = this.#openedByPeer;
    if (index < first) return index + 1;
    this.#openedByPeer = index + 1;
    return first;
  }

  /** A stream of the peer was closed. */
  closedByPeer(): void {
    this.#closedByPeer += 1;
  }

  /** Whether MAX_STREAMS is due: half of what may be open at one time was closed, or it was lost. */
  get updateDue(): boolean {
    const grown = this.#closedByPeer + this.#concurrent - this.#limit;
    return this.#announceAgain || (grown > 0 && grown >= this.#concurrent / 2);
  }

  /** The new limit, to be announced now. */
  update(): number {
    this.#announceAgain = false;
    this.#limit = Math.max(this.#limit, this.#closedByPeer + this.#concurrent);
    return this.#limit;
  }

  /** MAX_STREAMS with `limit` was lost. */
  updateLost(limit: number): void {
    if (limit === this.#limit) this.#announceAgain = true;
  }
}
