import type { Instant } from '@mpquic/wire';

/** Limits how often something is done: `rate` times a second in the long run, `burst` times at once. */
export class TokenBucket {
  readonly #rate: number;
  readonly #burst: number;
  #tokens: number;
  #filledAt: Instant | undefined;

  constructor(rate: number, burst: number) {
    this.#rate = rate;
    this.#burst = burst;
    this.#tokens = burst;
  }

  /** Whether it may be done now. */
  take(now: Instant): boolean {
    const elapsed = now - (this.#filledAt ?? now);
    this.#filledAt = now;
    this.#tokens = Math.min(this.#burst, this.#tokens + (elapsed * this.#rate) / 1_000_000);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
