interface EarlyDatagram {
  readonly streamId: number;
  readonly payload: Uint8Array;
}

/**
 * HTTP datagrams that overtook the request which opens their stream. Beyond the limit the oldest goes.
 * RFC 9297 §2.1
 */
export class EarlyDatagrams {
  readonly #limit: number;
  #held: EarlyDatagram[] = [];
  #dropped = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** How many were given up. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Keeps a copy. */
  keep(streamId: number, payload: Uint8Array): void {
    this.#held.push({ streamId, payload: payload.slice() });
    if (this.#held.length <= this.#limit) return;
    this.#held.shift();
    this.#dropped += 1;
  }

  /** Takes out those of a stream, in their order. */
  take(streamId: number): readonly Uint8Array[] {
    if (this.#held.length === 0) return [];
    const taken = this.#held.filter((early) => early.streamId === streamId);
    this.#held = this.#held.filter((early) => early.streamId !== streamId);
    return taken.map((early) => early.payload);
  }

  /** The stream will never be of use. */
  discard(streamId: number): void {
    this.#dropped += this.take(streamId).length;
  }
}
