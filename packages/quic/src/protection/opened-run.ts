import type { PacketOpener } from '@mpquic/crypto';
import type { DatagramRun } from '@mpquic/wire';
import type { PacketHeader } from '../wire/packet-header.ts';

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
  /** Of the packet taken last. */
  packetNumber = 0;

  /**
   * What `opener.openShort` would return for the packet of `header`, which fills the datagram at hand of `run`;
   * undefined where it is not opened this way.
   */
  take(
    opener: PacketOpener,
    header: PacketHeader,
    run: DatagramRun,
    pathId: number,
    largestReceived: number,
    keyPhase: 0 | 1,
  ): number | undefined {
    let index = this.#indexOf(run);
    // Keys never change between packets that were opened together: the first of another phase ends them.
    if (index < 0 || this.#opener !== opener) {
      this.#open(opener, header, run, pathId, largestReceived, keyPhase);
      index = 0;
    }
    if (index >= this.#count) return undefined;
    this.packetNumber = this.#results[2 * index + 1] as number;
    return this.#results[2 * index] as number;
  }

  /** -1 where the datagram at hand is not among those that were opened. */
  #indexOf(run: DatagramRun): number {
    if (run.serial !== this.#serial || run.buffer !== this.#buffer) return -1;
    const index = (run.at - this.#start) / this.#segmentSize;
    return index >= 0 && index < this.#count ? index : -1;
  }

  #open(
    opener: PacketOpener,
    header: PacketHeader,
    run: DatagramRun,
    pathId: number,
    largestReceived: number,
    keyPhase: 0 | 1,
  ): void {
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
        header.destinationLength,
        pathId,
        largestReceived,
        keyPhase,
        this.#results,
      ) ?? 0;
  }
}
