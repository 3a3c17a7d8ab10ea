/** Octets of a block. */
export const BLOCK_LENGTH: number = 64 * 1024;

/** Blocks kept for reuse, 4 MiB: about what two paths of unequal delay keep out of order. */
const FREE_BLOCKS = 64;

/** Memory for octets that came out of order, which all connections of a set take in turns. */
export class BlockPool {
  readonly #free: Uint8Array[] = [];

  /** A block, with whatever was in it before. */
  take(): Uint8Array {
    return this.#free.pop() ?? new Uint8Array(BLOCK_LENGTH);
  }

  /** Nobody refers to the block any more. */
  giveBack(block: Uint8Array): void {
    if (this.#free.length < FREE_BLOCKS) this.#free.push(block);
  }
}
