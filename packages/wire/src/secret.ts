import { wipe } from './bytes.ts';

/**
 * Octets that never print: neither `JSON.stringify`, string conversion nor an inspector shows them, so that
 * a decoded message may be logged whole. {@link reveal} is the only way to them.
 */
export class Secret {
  readonly #octets: Uint8Array;

  /** Copies `octets`. */
  constructor(octets: Uint8Array) {
    // Not slice(): that of a Buffer would share its memory.
    this.#octets = new Uint8Array(octets);
  }

  get length(): number {
    return this.#octets.length;
  }

  /** A view, valid until {@link dispose}. */
  reveal(): Uint8Array {
    return this.#octets;
  }

  /** Overwrites the octets. */
  dispose(): void {
    wipe(this.#octets);
  }

  toString(): string {
    return `(${this.#octets.length} secret octets)`;
  }

  toJSON(): string {
    return this.toString();
  }
}
