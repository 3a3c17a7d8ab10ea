import type { PathScheduler } from '../paths/scheduler.ts';

/** A DATAGRAM frame on its way. RFC 9221 */
export interface QueuedDatagram {
  /** By which its fate is reported. */
  readonly number: number;
  readonly data: Uint8Array;
  /** The one path it may take, {@link UNSTEERED}, or undefined for any. */
  pathId: number | undefined;
  /** Chooses its path when it is sent. */
  readonly scheduler: PathScheduler | undefined;
}

/** No path is chosen yet. */
const UNSTEERED = -1;

/**
 * Datagrams that wait to be sent, oldest first. Beyond the limit the oldest is dropped: what is late
 * is of least use.
 */
export class DatagramSendQueue {
  readonly #limit: number;
  #queue: QueuedDatagram[] = [];
  /** From 1 on: 0 is how an application is told that nothing was sent. */
  #nextNumber = 1;
  #dropped: number[] = [];
  /** How many datagrams have a scheduler of their own. */
  #steered = 0;
  /** The one of them that is bound to a path. */
  #steeredNow: QueuedDatagram | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get length(): number {
    return this.#queue.length;
  }

  /** Whether a datagram with a scheduler of its own waits. */
  get hasSteered(): boolean {
    return this.#steered > 0;
  }

  /** Queues `data`, which must stay unchanged, and returns its number. */
  push(data: Uint8Array, route?: number | PathScheduler): number {
    const number = this.#nextNumber;
    this.pushCopy(number, data, route);
    return number;
  }

  /** The number of the next datagram. */
  get nextNumber(): number {
    return this.#nextNumber;
  }

  /** Queues a datagram under a given number, which its copies share. */
  pushCopy(number: number, data: Uint8Array, route: number | PathScheduler | undefined): void {
    this.#nextNumber = Math.max(this.#nextNumber, number + 1);
    if (typeof route === 'object') {
      this.#queue.push({ number, data, pathId: UNSTEERED, scheduler: route });
      this.#steered += 1;
    } else {
      this.#queue.push({ number, data, pathId: route, scheduler: undefined });
    }
    if (this.#queue.length > this.#limit) this.#drop(0);
  }

  /** Takes out the copies of a datagram that arrived; returns how many. */
  removeCopies(number: number): number {
    const copies = this.#queue.filter((datagram) => datagram.number === number);
    for (const copy of copies) this.remove(copy);
    return copies.length;
  }

  /**
   * Binds the oldest datagram whose scheduler finds a path to that path, for the next packet; every other
   * one with a scheduler waits. Returns the path ID.
   */
  steer(choose: (scheduler: PathScheduler) => number | undefined): number | undefined {
    if (this.#steeredNow !== undefined) this.#steeredNow.pathId = UNSTEERED;
    this.#steeredNow = undefined;
    let failed: PathScheduler | undefined;
    for (const datagram of this.#queue) {
      const { scheduler } = datagram;
      if (scheduler === undefined || scheduler === failed) continue;
      const chosen = choose(scheduler);
      if (chosen === undefined) {
        failed = scheduler;
        continue;
      }
      datagram.pathId = chosen;
      this.#steeredNow = datagram;
      return chosen;
    }
    return undefined;
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
    if (index < 0) return;
    if (index === 0) this.#queue.shift();
    else this.#queue.splice(index, 1);
    this.#gone(datagram);
  }

  /** Drops those that will never fit, to be reported lost. */
  dropWhere(fitsNever: (data: Uint8Array) => boolean): void {
    for (const datagram of this.#queue.filter(({ data }) => fitsNever(data))) this.drop(datagram);
  }

  /** Drops a datagram that will never fit, to be reported lost. */
  drop(datagram: QueuedDatagram): void {
    const index = this.#queue.indexOf(datagram);
    if (index >= 0) this.#drop(index);
  }

  /** Drops what is bound to a path that is gone, to be reported lost. */
  dropPath(pathId: number): void {
    const bound = (datagram: QueuedDatagram): boolean =>
      datagram.pathId === pathId && datagram.scheduler === undefined;
    for (const datagram of this.#queue) if (bound(datagram)) this.#dropped.push(datagram.number);
    this.#queue = this.#queue.filter((datagram) => !bound(datagram));
  }

  /** Number of a datagram that was dropped unsent, each once. */
  nextDropped(): number | undefined {
    return this.#dropped.shift();
  }

  /** Reports everything as dropped: the connection ends. */
  clear(): void {
    for (const { number } of this.#queue) this.#dropped.push(number);
    this.#queue = [];
    this.#steered = 0;
    this.#steeredNow = undefined;
  }

  #drop(index: number): void {
    const [datagram] = this.#queue.splice(index, 1);
    if (datagram === undefined) return;
    this.#dropped.push(datagram.number);
    this.#gone(datagram);
  }

  #gone(datagram: QueuedDatagram): void {
    if (datagram.scheduler !== undefined) this.#steered -= 1;
    if (datagram === this.#steeredNow) this.#steeredNow = undefined;
  }
}

/** Datagrams that arrived and wait for the application. Beyond the limit the oldest is dropped. */
export class DatagramReceiveQueue {
  readonly #limit: number;
  readonly #queue: Uint8Array[] = [];
  #dropped = 0;
  /** Those in front that came as 0-RTT data, since these come before all others. */
  #early = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get length(): number {
    return this.#queue.length;
  }

  /** Whether the next one came as 0-RTT data. */
  get nextIsEarly(): boolean {
    return this.#early > 0;
  }

  /** Datagrams dropped because the application did not keep up. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes over `data`. */
  push(data: Uint8Array, early: boolean): void {
    this.#queue.push(data);
    if (early) this.#early += 1;
    if (this.#queue.length > this.#limit) {
      this.next();
      this.#dropped += 1;
    }
  }

  next(): Uint8Array | undefined {
    if (this.#early > 0) this.#early -= 1;
    return this.#queue.shift();
  }
}
