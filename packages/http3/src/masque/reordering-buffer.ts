import type { Duration, Instant } from '@mpquic/wire';
import { SeenWindow } from './seen-window.ts';

export interface ReorderingOptions {
  /** How long a gap may hold back what came behind it. */
  readonly maximumDelay: Duration;
  /** Payloads held at most; beyond it the gap is given up. */
  readonly limit: number;
}

export const DEFAULT_REORDERING: ReorderingOptions = { maximumDelay: 50_000, limit: 256 };

interface Held {
  readonly sequence: number;
  readonly payload: Uint8Array;
  readonly arrived: Instant;
}

/** Sequence numbers that are told apart: far more than two paths can be apart. */
const WINDOW = 4096;

/**
 * Puts payloads back into the order of their sequence numbers, and drops copies: what receives datagram
 * mode 1 (TS 23.501 §5.32.6.2.2) and the redundant steering mode. What comes after its gap was given up is
 * handed out late rather than lost.
 */
export class ReorderingBuffer {
  readonly #options: ReorderingOptions;
  readonly #deliver: (payload: Uint8Array) => void;
  readonly #seen = new SeenWindow(WINDOW);
  /** In the order of their sequence numbers. */
  readonly #held: Held[] = [];
  #next = 0;
  #duplicates = 0;
  #late = 0;

  constructor(options: ReorderingOptions, deliver: (payload: Uint8Array) => void) {
    this.#options = options;
    this.#deliver = deliver;
  }

  /** Copies that were dropped. */
  get duplicates(): number {
    return this.#duplicates;
  }

  /** Payloads that came after their gap was given up. */
  get late(): number {
    return this.#late;
  }

  get held(): number {
    return this.#held.length;
  }

  /** When the oldest gap is given up. */
  nextTimeout(): Instant | undefined {
    const first = this.#held[0];
    return first === undefined ? undefined : this.#earliestArrival() + this.#options.maximumDelay;
  }

  /** @param sequence counted on without wrapping around */
  receive(sequence: number, payload: Uint8Array, now: Instant): void {
    if (!this.#seen.add(sequence)) {
      this.#duplicates += 1;
    } else if (sequence === this.#next) {
      this.#next += 1;
      this.#deliver(payload);
      this.#deliverInOrder();
    } else if (sequence < this.#next) {
      this.#late += 1;
      this.#deliver(payload);
    } else {
      this.#hold({ sequence, payload, arrived: now });
    }
  }

  handleTimeout(now: Instant): void {
    const limit = now - this.#options.maximumDelay;
    while (this.#held.length > 0 && this.#earliestArrival() <= limit) this.#giveUpGap();
  }

  #hold(entry: Held): void {
    let at = this.#held.length;
    while (at > 0 && (this.#held[at - 1] as Held).sequence > entry.sequence) at -= 1;
    this.#held.splice(at, 0, entry);
    if (this.#held.length > this.#options.limit) this.#giveUpGap();
  }

  /** Goes on behind the first gap. */
  #giveUpGap(): void {
    const first = this.#held[0];
    if (first === undefined) return;
    this.#next = first.sequence;
    this.#deliverInOrder();
  }

  #deliverInOrder(): void {
    for (let first = this.#held[0]; first?.sequence === this.#next; first = this.#held[0]) {
      this.#held.shift();
      this.#next += 1;
      this.#deliver(first.payload);
    }
  }

  #earliestArrival(): Instant {
    let earliest = Number.POSITIVE_INFINITY;
    for (const { arrived } of this.#held) earliest = Math.min(earliest, arrived);
    return earliest;
  }
}
