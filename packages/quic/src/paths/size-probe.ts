import type { Duration, Instant } from '@mpquic/wire';

/** Between tries, doubled after each. */
const FIRST_WAIT: Duration = 1_000_000;
const LONGEST_WAIT: Duration = 64_000_000;

const NEVER = Number.POSITIVE_INFINITY;

/**
 * Finds out whether a path takes datagrams again that it was thought not to take: silence looks alike whether a
 * path dropped what was large or everything. One probe at a time; it sets no timer. RFC 8899 §4.3
 */
export class SizeProbe {
  #size = 0;
  #dueAt: Instant = NEVER;
  #wait: Duration = FIRST_WAIT;

  /** Octets of UDP payload to try; 0 where nothing is to be found out. */
  get size(): number {
    return this.#size;
  }

  /** The path went over to smaller datagrams than `size`. */
  shrunk(size: number): void {
    if (this.#size > 0) return;
    this.#size = size;
    this.#dueAt = NEVER;
    this.#wait = FIRST_WAIT;
  }

  /** Something was acknowledged: the path works, with small datagrams at least. */
  answered(now: Instant): void {
    if (this.#size > 0 && this.#dueAt === NEVER) this.#dueAt = now;
  }

  isDue(now: Instant): boolean {
    return this.#size > 0 && now >= this.#dueAt;
  }

  sent(now: Instant): void {
    this.#dueAt = now + this.#wait;
    this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT);
  }

  /** Datagrams of that size pass. */
  acknowledged(): void {
    this.#size = 0;
    this.#dueAt = NEVER;
  }
}
