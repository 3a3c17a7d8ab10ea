import type { Random } from '@mpquic/wire';

const POOL_LENGTH = 1024;

/** Longer wishes go to the source itself. */
const LONGEST_FROM_POOL = 32;

/**
 * Draws from its source in large pieces: a call for a few octets costs a system's generator as much
 * as one for a thousand. For connection IDs, challenges and the like, not for keys.
 */
export class PooledRandom implements Random {
  readonly #source: Random;
  #pool: Uint8Array = NOTHING;
  #used = 0;

  constructor(source: Random) {
    this.#source = source;
  }

  fill(into: Uint8Array): Uint8Array {
    if (into.length > LONGEST_FROM_POOL) return this.#source.fill(into);
    if (this.#used + into.length > this.#pool.length) this.#refill();
    const pool = this.#pool;
    const from = this.#used;
    for (let i = 0; i < into.length; i++) {
      into[i] = pool[from + i] as number;
      // What was handed out is nowhere else.
      pool[from + i] = 0;
    }
    this.#used = from + into.length;
    return into;
  }

  #refill(): void {
    this.#pool = this.#source.fill(new Uint8Array(POOL_LENGTH));
    this.#used = 0;
  }
}

const NOTHING = new Uint8Array();
