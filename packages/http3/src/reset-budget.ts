import { Http3ConnectionError } from './error-code.ts';

/**
 * Finds clients that open requests only to reset them, which costs the server more than them. Every
 * answered request makes up for one that was not. RFC 9114 §10.5
 */
export class ResetBudget {
  readonly #limit: number;
  #spent = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  answered(): void {
    if (this.#spent > 0) this.#spent -= 1;
  }

  /** A request ended by its client before it was answered. @throws {Http3ConnectionError} */
  reset(): void {
    this.#spent += 1;
    if (this.#spent > this.#limit) {
      throw new Http3ConnectionError('H3_EXCESSIVE_LOAD', 'too many requests were reset');
    }
  }
}
