/** A stream of the peer whose session is not open yet. */
export interface EarlyStream {
  readonly streamId: number;
  readonly sessionId: number;
  /** Behind the header; views, in order. */
  readonly data: Uint8Array[];
  fin: boolean;
  /** The peer's code, where it wants nothing on this stream. */
  stopped: number | undefined;
}

/** Streams that overtook the request or the response which opens their session. WT-07 §4.5 */
export class EarlyStreams {
  readonly #limit: number;
  readonly #held = new Map<number, EarlyStream>();
  #rejected = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** How many found no place. */
  get rejected(): number {
    return this.#rejected;
  }

  /** False where no place is left. */
  keep(streamId: number, sessionId: number, data: Uint8Array, fin: boolean): boolean {
    if (this.#held.size >= this.#limit) {
      this.#rejected += 1;
      return false;
    }
    const pieces = data.length > 0 ? [data] : [];
    this.#held.set(streamId, { streamId, sessionId, data: pieces, fin, stopped: undefined });
    return true;
  }

  get(streamId: number): EarlyStream | undefined {
    return this.#held.get(streamId);
  }

  forget(streamId: number): void {
    this.#held.delete(streamId);
  }

  /** Takes out those of a session, in the order in which they came. */
  take(sessionId: number): readonly EarlyStream[] {
    const taken = [...this.#held.values()].filter((early) => early.sessionId === sessionId);
    for (const { streamId } of taken) this.#held.delete(streamId);
    return taken;
  }
}
