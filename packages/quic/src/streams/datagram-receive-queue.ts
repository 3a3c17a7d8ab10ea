import { Fifo } from './fifo.ts';
import type { DatagramBatches, ReceivedDatagrams } from './received-datagrams.ts';

/** Datagrams that arrived and wait for the application, in batches. Beyond the limit the oldest is dropped. */
export class DatagramReceiveQueue {
  readonly #limit: number;
  readonly #pool: DatagramBatches;
  readonly #batches: Fifo<ReceivedDatagrams> = new Fifo();
  #length = 0;
  #dropped = 0;
  #lent: ReceivedDatagrams | undefined;
  /** Whether the application takes them by the batch. */
  inBatches = false;

  constructor(limit: number, pool: DatagramBatches) {
    this.#limit = limit;
    this.#pool = pool;
  }

  /** Datagrams that wait. */
  get length(): number {
    return this.#length;
  }

  /** Whether the next one came as 0-RTT data. */
  get nextIsEarly(): boolean {
    return this.#batches.at(0)?.early === true;
  }

  /** Datagrams dropped because the application did not keep up. */
  get dropped(): number {
    return this.#dropped;
  }

  /**
   * A batch with room for a datagram of `length` octets, `early` where they came as 0-RTT data; the caller adds it, and
   * others that fit, and tells by {@link added} how many.
   */
  batchFor(length: number, early: boolean): ReceivedDatagrams {
    const last = this.#batches.at(this.#batches.length - 1);
    if (last?.early === early && last.fits(length)) return last;
    const batch = this.#pool.take(length, early);
    this.#batches.push(batch);
    return batch;
  }

  /** So many came; the oldest ones beyond the limit are dropped. */
  added(count: number): void {
    this.#length += count;
    while (this.#length > this.#limit) {
      const batch = this.#batches.at(0) as ReceivedDatagrams;
      batch.dropFirst();
      this.#dropped += 1;
      this.#shifted(batch);
    }
  }

  /** Takes the oldest one, whose octets are the caller's. */
  next(): Uint8Array | undefined {
    const batch = this.#batches.at(0);
    if (batch === undefined) return undefined;
    const data = batch.shift();
    this.#shifted(batch);
    return data;
  }

  /** Takes the oldest batch, which is lent until the next call. */
  nextBatch(): ReceivedDatagrams | undefined {
    if (this.#lent !== undefined) this.#pool.giveBack(this.#lent);
    this.#lent = this.#batches.shift();
    this.#length -= this.#lent?.length ?? 0;
    return this.#lent;
  }

  #shifted(batch: ReceivedDatagrams): void {
    this.#length -= 1;
    if (batch.length > 0) return;
    this.#batches.shift();
    this.#pool.giveBack(batch);
  }
}
