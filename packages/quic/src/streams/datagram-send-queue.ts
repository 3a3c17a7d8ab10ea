import type { PathScheduler } from '../paths/scheduler.ts';
import { type DatagramCells, datagramOf, type QueuedDatagram } from './datagram-cells.ts';
import { Fifo } from './fifo.ts';

/** No path is chosen yet. */
const UNSTEERED = -1;

/**
 * Datagrams that wait to be sent, oldest first. Beyond the limit the oldest is dropped: what is late
 * is of least use.
 */
export class DatagramSendQueue {
  readonly #limit: number;
  readonly #cells: DatagramCells;
  readonly #queue: Fifo<QueuedDatagram> = new Fifo();
  /** From 1 on: 0 is how an application is told that nothing was sent. */
  #nextNumber = 1;
  readonly #dropped: Fifo<number> = new Fifo();
  #wasFull = false;
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
    this.#add(datagramOf(data, number, pathId, steered ? route : undefined));
  }

  #add(datagram: QueuedDatagram): void {
    this.#nextNumber = Math.max(this.#nextNumber, datagram.number + 1);
    if (datagram.scheduler !== undefined) this.#steered += 1;
    this.#queue.push(datagram);
    if (this.#queue.length > this.#limit) this.#dropAt(0);
    if (this.#queue.length === this.#limit) this.#wasFull = true;
  }

  /** Takes out the copies of a datagram that arrived; returns how many. */
  removeCopies(number: number): number {
    let copies = 0;
    for (let i = this.#queue.length - 1; i >= 0; i--) {
      if (this.#queue.at(i)?.number !== number) continue;
      this.#takeOut(i);
      copies += 1;
    }
    return copies;
  }

  /**
   * Binds the oldest datagram whose scheduler finds a path to that path, for the next packet; every other
   * one with a scheduler waits. Returns the path ID.
   */
  steer(choose: (scheduler: PathScheduler) => number | undefined): number | undefined {
    if (this.#steeredNow !== undefined) this.#steeredNow.pathId = UNSTEERED;
    this.#steeredNow = undefined;
    let failed: PathScheduler | undefined;
    for (let i = 0; i < this.#queue.length; i++) {
      const datagram = this.#queue.at(i) as QueuedDatagram;
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

  /** The datagram that `index` others wait before. */
  at(index: number): QueuedDatagram | undefined {
    return this.#queue.at(index);
  }

  /** The oldest datagram that may take path `pathId`; it stays queued. */
  peek(pathId: number): QueuedDatagram | undefined {
    for (let i = 0; i < this.#queue.length; i++) {
      const datagram = this.#queue.at(i) as QueuedDatagram;
      if (datagram.pathId === undefined || datagram.pathId === pathId) return datagram;
    }
    return undefined;
  }

  /** Takes a datagram out: it was sent. */
  remove(datagram: QueuedDatagram): void {
    const index = this.#queue.indexOf(datagram);
    if (index >= 0) this.#takeOut(index);
  }

  /** Drops those that will never fit, to be reported lost. */
  dropWhere(fitsNever: (datagram: QueuedDatagram) => boolean): void {
    for (let i = 0; i < this.#queue.length; ) {
      if (fitsNever(this.#queue.at(i) as QueuedDatagram)) this.#dropAt(i);
      else i += 1;
    }
  }

  /** Drops a datagram that will never fit, to be reported lost. */
  drop(datagram: QueuedDatagram): void {
    const index = this.#queue.indexOf(datagram);
    if (index >= 0) this.#dropAt(index);
  }

  /** Drops what is bound to a path that is gone, to be reported lost. */
  dropPath(pathId: number): void {
    this.dropWhere((datagram) => datagram.pathId === pathId && datagram.scheduler === undefined);
  }

  /** Number of a datagram that was dropped unsent, each once. */
  nextDropped(): number | undefined {
    return this.#dropped.shift();
  }

  /** Reports everything as dropped: the connection ends. */
  clear(): void {
    this.dropWhere(() => true);
  }

  #dropAt(index: number): void {
    const datagram = this.#takeOut(index);
    if (datagram !== undefined) this.#dropped.push(datagram.number);
  }

  #takeOut(index: number): QueuedDatagram | undefined {
    const datagram = this.#queue.removeAt(index);
    if (datagram !== undefined) this.#gone(datagram);
    return datagram;
  }

  #gone(datagram: QueuedDatagram): void {
    if (datagram.scheduler !== undefined) this.#steered -= 1;
    if (datagram === this.#steeredNow) this.#steeredNow = undefined;
    this.#cells.giveBack(datagram);
  }
}
