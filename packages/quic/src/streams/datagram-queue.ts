import type { PathScheduler } from '../paths/scheduler.ts';
import type { DatagramCells, QueuedDatagram } from './datagram-cells.ts';

/** No path is chosen yet. */
const UNSTEERED = -1;

/**
 * Datagrams that wait to be sent, oldest first. Beyond the limit the oldest is dropped: what is late
 * is of least use.
 */
export class DatagramSendQueue {
  readonly #limit: number;
  readonly #cells: DatagramCells;
  #queue: QueuedDatagram[] = [];
  /** From 1 on: 0 is how an application is told that nothing was sent. */
  #nextNumber = 1;
  #dropped: number[] = [];
  /** How many datagrams have a scheduler of their own. */
  #steered = 0;
  /** The one of them that is bound to a path. */
  #steeredNow: QueuedDatagram | undefined;

  constructor(limit: number, cells: DatagramCells) {
    this.#limit = limit;
    this.#cells = cells;
  }

  get length(): number {
    return this.#queue.length;
  }

  /** Whether a datagram with a scheduler of its own waits. */
  get hasSteered(): boolean {
    return this.#steered > 0;
  }

  /** Queues a copy of `data` and returns its number. */
  push(data: Uint8Array, route?: number | PathScheduler): number {
    const number = this.#nextNumber;
    const steered = typeof route === 'object';
    const pathId = steered ? UNSTEERED : route;
    this.#add(this.#cells.copy(data, number, pathId, steered ? route : undefined));
    return number;
  }

  /** The number of the next datagram. */
  get nextNumber(): number {
    return this.#nextNumber;
  }

  /** Queues a datagram under a given number, which its copies share as they do `data`: that must stay unchanged. */
  pushShared(number: number, data: Uint8Array, route: number | PathScheduler): void {
    const steered = typeof route === 'object';
    const pathId = steered ? UNSTEERED : route;
    this.#add({ number, data, pathId, scheduler: steered ? route : undefined });
  }

  #add(datagram: QueuedDatagram): void {
    this.#nextNumber = Math.max(this.#nextNumber, datagram.number + 1);
    if (datagram.scheduler !== undefined) this.#steered += 1;
    this.#queue.push(datagram);
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
    for (const datagram of this.#queue.filter(bound)) this.drop(datagram);
  }

  /** Number of a datagram that was dropped unsent, each once. */
  nextDropped(): number | undefined {
    return this.#dropped.shift();
  }

  /** Reports everything as dropped: the connection ends. */
  clear(): void {
    for (const datagram of this.#queue.splice(0)) {
      this.#dropped.push(datagram.number);
      this.#gone(datagram);
    }
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
    this.#cells.giveBack(datagram);
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
