/** A DATAGRAM frame on its way. RFC 9221 */
export interface QueuedDatagram {
  /** By which its fate is reported. */
  readonly number: number;
  readonly data: Uint8Array;
  /** The one path it may take, or undefined for any. */
  readonly pathId: number | undefined;
}

/**
 * Datagrams that wait to be sent, oldest first. Beyond the limit the oldest is dropped: what is late
 * is of least use.
 */
export class DatagramSendQueue {
  readonly #limit: number;
  #queue: QueuedDatagram[] = [];
  #nextNumber = 0;
  #dropped: number[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  get length(): number {
    return this.#queue.length;
  }

  /** Queues `data`, which must stay unchanged, and returns its number. */
  push(data: Uint8Array, pathId?: number): number {
    const number = this.#nextNumber;
    this.#nextNumber += 1;
    this.#queue.push({ number, data, pathId });
    if (this.#queue.length > this.#limit) this.#drop(0);
    return number;
  }

  /** The oldest datagram that may take path `pathId`; it stays queued. */
  peek(pathId: number): QueuedDatagram | undefined {
    for (const datagram of this.#queue) {
      if (datagram.pathId === undefined || datagram.pathId === pathId) return datagram;
    }
    return undefined;
  }

  /** Takes a datagram out: it was sent. */
  remove(datagram: QueuedDatagram): void {
    const index = this.#queue.indexOf(datagram);
    if (index === 0) this.#queue.shift();
    else if (index > 0) this.#queue.splice(index, 1);
  }

  /** Drops a datagram that will never fit, to be reported lost. */
  drop(datagram: QueuedDatagram): void {
    const index = this.#queue.indexOf(datagram);
    if (index >= 0) this.#drop(index);
  }

  /** Drops what is bound to a path that is gone, to be reported lost. */
  dropPath(pathId: number): void {
    for (const { number, pathId: bound } of this.#queue) {
      if (bound === pathId) this.#dropped.push(number);
    }
    this.#queue = this.#queue.filter((datagram) => datagram.pathId !== pathId);
  }

  /** Number of a datagram that was dropped unsent, each once. */
  nextDropped(): number | undefined {
    return this.#dropped.shift();
  }

  /** Reports everything as dropped: the connection ends. */
  clear(): void {
    for (const { number } of this.#queue) this.#dropped.push(number);
    this.#queue = [];
  }

  #drop(index: number): void {
    const [datagram] = this.#queue.splice(index, 1);
    if (datagram !== undefined) this.#dropped.push(datagram.number);
  }
}

/** Datagrams that arrived and wait for the application. Beyond the limit the oldest is dropped. */
export class DatagramReceiveQueue {
  readonly #limit: number;
  readonly #queue: Uint8Array[] = [];
  #dropped = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get length(): number {
    return this.#queue.length;
  }

  /** Datagrams dropped because the application did not keep up. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes over `data`. */
  push(data: Uint8Array): void {
    this.#queue.push(data);
    if (this.#queue.length > this.#limit) {
      this.#queue.shift();
      this.#dropped += 1;
    }
  }

  next(): Uint8Array | undefined {
    return this.#queue.shift();
  }
}
