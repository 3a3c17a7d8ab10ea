import type { ConnectionEvent, DatagramBatch } from '../connection-event.ts';

/** Octets of the memory of a batch: two dozen of common packets. */
const MEMORY_LENGTH = 32_768;
/** Datagrams in one batch at most. */
const MOST_DATAGRAMS = 64;
/** Batches kept for reuse, a megabyte: what comes at once at some gigabits a second. */
const FREE_BATCHES = 32;

/**
 * Datagrams that came together, one behind the other in memory that serves again. Where somebody keeps octets, what is
 * left of the memory serves on.
 */
export class ReceivedDatagrams implements DatagramBatch {
  /** The event that shows it. */
  readonly event: ConnectionEvent = { type: 'datagrams', datagrams: this };
  early = false;
  #octets: Uint8Array = NO_OCTETS;
  /** Where each ends, and the next one begins. */
  readonly #ends: Int32Array = new Int32Array(MOST_DATAGRAMS);
  /** Where the first of {@link #ends} begins: octets in front of it were kept. */
  #base = 0;
  #count = 0;
  /** Those in front that were taken or dropped. */
  #gone = 0;
  #isKept = false;
  /** Views that {@link at} gave, and what they are views of: datagrams of a flow stand in the same places all the time. */
  readonly #views: (Uint8Array | undefined)[] = new Array(MOST_DATAGRAMS).fill(undefined);
  readonly #viewStarts: Int32Array = new Int32Array(MOST_DATAGRAMS);
  readonly #viewLengths: Int32Array = new Int32Array(MOST_DATAGRAMS);

  get length(): number {
    return this.#count - this.#gone;
  }

  get octets(): Uint8Array {
    return this.#octets;
  }

  startOf(index: number): number {
    return this.#startOf(this.#gone + index);
  }

  lengthOf(index: number): number {
    const at = this.#gone + index;
    return (this.#ends[at] as number) - this.#startOf(at);
  }

  at(index: number, from = 0): Uint8Array {
    const at = this.#gone + index;
    const start = this.startOf(index) + from;
    const length = this.lengthOf(index) - from;
    const known = this.#views[at];
    if (known !== undefined && this.#viewStarts[at] === start && this.#viewLengths[at] === length) {
      return known;
    }
    const view = this.#octets.subarray(start, start + length);
    this.#views[at] = view;
    this.#viewStarts[at] = start;
    this.#viewLengths[at] = length;
    return view;
  }

  keep(): void {
    this.#isKept = true;
  }

  /** Where the next one goes. */
  get end(): number {
    return this.#startOf(this.#count);
  }

  /** Whether one more may follow, of `length` octets. */
  fits(length: number): boolean {
    return this.#count < MOST_DATAGRAMS && this.end + length <= this.#octets.length;
  }

  /** Makes room for the first one, of `length` octets. */
  begin(length: number, early: boolean): void {
    this.early = early;
    if (this.fits(length)) return;
    this.#renew(new Uint8Array(Math.max(length, MEMORY_LENGTH)));
  }

  /** Notes one more that {@link fits}; returns where its octets go. */
  add(length: number): number {
    const start = this.end;
    this.#ends[this.#count] = start + length;
    this.#count += 1;
    return start;
  }

  /** Takes the first one out; its octets are kept. */
  shift(): Uint8Array {
    const start = this.startOf(0);
    const data = this.#octets.subarray(start, start + this.lengthOf(0));
    this.keep();
    this.dropFirst();
    return data;
  }

  dropFirst(): void {
    this.#gone += 1;
  }

  /** Forgets all datagrams: the memory serves again, but for what is kept. */
  clear(): void {
    if (this.#isKept) this.#base = this.end;
    if (this.#octets.length > MEMORY_LENGTH) this.#renew(NO_OCTETS);
    this.#isKept = false;
    this.#count = 0;
    this.#gone = 0;
  }

  #renew(octets: Uint8Array): void {
    this.#octets = octets;
    this.#views.fill(undefined);
    this.#base = 0;
  }

  #startOf(index: number): number {
    return index === 0 ? this.#base : (this.#ends[index - 1] as number);
  }
}

/** Batches that all connections of a set take in turns. */
export class DatagramBatches {
  readonly #free: ReceivedDatagrams[] = [];

  /** A batch that the next datagram, of `length` octets, fits in. */
  take(length: number, early: boolean): ReceivedDatagrams {
    const batch = this.#free.pop() ?? new ReceivedDatagrams();
    batch.begin(length, early);
    return batch;
  }

  /** Nobody looks at it any more. */
  giveBack(batch: ReceivedDatagrams): void {
    batch.clear();
    if (this.#free.length < FREE_BATCHES) this.#free.push(batch);
  }
}

const NO_OCTETS = new Uint8Array(0);
