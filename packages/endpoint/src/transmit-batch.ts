import { createTransmit, type Transmit } from '@mpquic/wire';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Joins the datagrams of connections that take turns, where they go the same way, to runs that leave by one call each: the
 * way through the system's network stack costs more than to make a small datagram.
 */
export class TransmitBatch {
  readonly #send: (run: Transmit) => boolean;
  #next: Writable<Transmit> = createTransmit(BUFFER_SIZE);
  /** A run that waits for more; without datagrams where none does. */
  #held: Writable<Transmit> = { ...this.#next };
  /** Whether octets of the buffer are still referred to. */
  #lent = false;

  /** @param send sends a run; false while it still refers to the octets */
  constructor(send: (run: Transmit) => boolean) {
    this.#send = send;
  }

  /** Where a machine writes its next run, which {@link add} takes. */
  get next(): Transmit {
    return this.#next;
  }

  /** Takes the run in {@link next}. With `hold` it may wait for those of other connections, until {@link flush}. */
  add(hold: boolean): void {
    const next = this.#next;
    if (next.datagrams === 1) next.segmentSize = next.length;
    if (this.#held.datagrams > 0 && joins(this.#held, next)) {
      this.#held.length += next.length;
      this.#held.datagrams += next.datagrams;
    } else {
      this.#sendHeld();
      this.#next = this.#held;
      this.#held = next;
    }
    const end = this.#held.start + this.#held.length;
    if (!hold || isComplete(this.#held) || end > BUFFER_SIZE - RUN_SIZE) this.flush();
    else this.#begin(this.#held.buffer, end);
  }

  /** Sends what is held. */
  flush(): void {
    this.#sendHeld();
    this.#begin(this.#lent ? new Uint8Array(BUFFER_SIZE) : this.#next.buffer, 0);
    this.#lent = false;
  }

  #sendHeld(): void {
    if (this.#held.datagrams === 0) return;
    if (!this.#send(this.#held)) this.#lent = true;
    this.#held.datagrams = 0;
  }

  #begin(buffer: Uint8Array, start: number): void {
    this.#next.buffer = buffer;
    this.#next.start = start;
  }
}

/** Whether the datagrams of `next` can follow those of `held`: all of a run are of one size, but for a shorter last one. */
function joins(held: Transmit, next: Transmit): boolean {
  return (
    next.remote === held.remote &&
    next.local === held.local &&
    next.ecn === held.ecn &&
    (next.segmentSize === held.segmentSize ||
      (next.datagrams === 1 && next.length < held.segmentSize))
  );
}

function isComplete({ length, datagrams, segmentSize }: Transmit): boolean {
  return datagrams >= DATAGRAMS_TO_HOLD || length < datagrams * segmentSize;
}

/** One send with segmentation offload takes at most 64 KiB. */
const RUN_SIZE = 65_536;
const BUFFER_SIZE = 2 * RUN_SIZE;
/** Beyond so many, what waits would wait too long for the little that one call more costs. */
const DATAGRAMS_TO_HOLD = 16;
