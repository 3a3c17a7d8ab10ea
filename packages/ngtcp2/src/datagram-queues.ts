interface QueuedDatagram {
  readonly id: number;
  readonly data: Uint8Array;
}

/** Datagrams that wait to be sent; the oldest gives way to what is too much. */
export class OutgoingDatagrams {
  readonly #limit: number;
  readonly #lost: (id: number) => void;
  readonly #queue: QueuedDatagram[] = [];
  #lastId = 0;
  #wasFull = false;

  constructor(limit: number, lost: (id: number) => void) {
    this.#limit = limit;
    this.#lost = lost;
  }

  get first(): QueuedDatagram | undefined {
    return this.#queue[0];
  }

  /** Datagrams that may be added before the oldest is dropped. */
  get room(): number {
    return this.#limit - this.#queue.length;
  }

  /** Whether at most half as many wait as may, after as many did; once. */
  takeWritable(): boolean {
    if (!this.#wasFull || 2 * this.#queue.length > this.#limit) return false;
    this.#wasFull = false;
    return true;
  }

  /** Copies the octets and returns their number. */
  push(data: Uint8Array): number {
    this.#lastId += 1;
    this.#queue.push({ id: this.#lastId, data: data.slice() });
    if (this.#queue.length > this.#limit) this.dropFirst();
    if (this.#queue.length === this.#limit) this.#wasFull = true;
    return this.#lastId;
  }

  shift(): void {
    this.#queue.shift();
  }

  dropFirst(): void {
    const dropped = this.#queue.shift();
    if (dropped !== undefined) this.#lost(dropped.id);
  }
}

/** Datagrams that came and wait to be taken. */
export class IncomingDatagrams {
  readonly #limit: number;
  readonly #queue: Uint8Array[] = [];
  #dropped = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get length(): number {
    return this.#queue.length;
  }

  /** How many were too much. */
  get dropped(): number {
    return this.#dropped;
  }

  push(data: Uint8Array): void {
    this.#queue.push(data);
    if (this.#queue.length <= this.#limit) return;
    this.#queue.shift();
    this.#dropped += 1;
  }

  shift(): Uint8Array | undefined {
    return this.#queue.shift();
  }
}
