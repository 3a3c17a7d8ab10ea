import { RangeSet } from '@mpquic/wire';
import type { Exchange } from './exchange.ts';

/** The request streams of a connection: those that are open, and which ones ever were. */
export class ExchangeSet {
  readonly #open = new Map<number, Exchange>();
  /** Request streams that the client began, as stream ID / 4: they may begin in any order. */
  readonly #begun = new RangeSet();
  /** Requests from here on are not taken. RFC 9114 §5.2 */
  #refusedFrom = Number.POSITIVE_INFINITY;

  get size(): number {
    return this.#open.size;
  }

  get(streamId: number): Exchange | undefined {
    return this.#open.get(streamId);
  }

  /** Stream IDs of the open ones. */
  get streamIds(): readonly number[] {
    return [...this.#open.keys()];
  }

  add(exchange: Exchange): void {
    this.#open.set(exchange.streamId, exchange);
  }

  /** Notes that the client began a stream. */
  begin(streamId: number): void {
    this.#begun.add(streamId / 4);
  }

  hasBegun(streamId: number): boolean {
    return this.#begun.has(streamId / 4);
  }

  refuses(streamId: number): boolean {
    return streamId >= this.#refusedFrom;
  }

  /** Whether a request may still begin there. */
  mayBegin(streamId: number): boolean {
    return !this.hasBegun(streamId) && !this.refuses(streamId);
  }

  /** Takes no requests beyond those begun; the ID for GOAWAY, or undefined where that was said before. */
  refuseNew(): number | undefined {
    const next = ((this.#begun.highest ?? -1) + 1) * 4;
    if (next >= this.#refusedFrom) return undefined;
    this.#refusedFrom = next;
    return next;
  }

  remove(streamId: number): void {
    this.#open.delete(streamId);
  }

  removeIfOver(exchange: Exchange): void {
    if (exchange.isOver) this.#open.delete(exchange.streamId);
  }
}
