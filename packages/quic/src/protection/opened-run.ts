import type { PacketOpener } from '@mpquic/crypto';
import type { DatagramRun } from '@mpquic/wire';

/** More than receive offload puts together. */
const MOST_PACKETS = 64;

/**
 * 1-RTT packets of a run of datagrams, opened by one call when the first of them is at hand: what came of each waits
 * here until its turn comes.
 */
export class OpenedRun {
  /** Of packet i: the length of its plaintext, or why there is none, and its packet number. */
  readonly #results = new Float64Array(2 * MOST_PACKETS);
  #serial = -1;
  #buffer: Uint8Array | undefined;
  #opener: PacketOpener | undefined;
  #start = 0;
  #segmentSize = 1;
  #count = 0;

  /** How many packets were opened together. */
  get count(): number {
    return this.#count;
  }

  /** What `opener.openShort` would return for packet `index`. */
  lengthOf(index: number): number {
    return (this.#results[2 * index] as number) | 0;
  }

  numberOf(index: number): number {
    return this.#results[2 * index + 1] as number;
  }

  /**
   * Index of the packet that fills the datagram at hand of `run`, which was opened before or is now; -1 where it is
   * not opened this way.
   */
  find(
    opener: PacketOpener,
    run: DatagramRun,
    connectionIdLength: number,
    pathId: number,
    largestReceived: number,
    keyPhase: 0 | 1,
  ): number {
    const index = this.#indexOf(run);
    // Keys never change between packets that were opened together: the first of another phase ends them.
    if (index >= 0 && this.#opener === opener) return index;
    this.#serial = run.serial;
    this.#buffer = run.buffer;
    this.#opener = opener;
    this.#start = run.at;
    this.#segmentSize = run.segmentSize;
    this.#count =
      opener.openRun?.(
        run.buffer,
        run.at,
        run.segmentSize,
        run.end,
        connectionIdLength,
        pathId,
        largestReceived,
        keyPhase,
        this.#results,
      ) ?? 0;
    return this.#count > 0 ? 0 : -1;
  }

  /** -1 where the datagram at hand is not among those that were opened. */
  #indexOf(run: DatagramRun): number {
    if (run.serial !== this.#serial || run.buffer !== this.#buffer) return -1;
    const index = (run.at - this.#start) / this.#segmentSize;
    return index >= 0 && index < this.#count ? index : -1;
  }
}
