import type { PathScheduler } from '../paths/scheduler.ts';

/** A DATAGRAM frame on its way. RFC 9221 */
export interface QueuedDatagram {
  /** By which its fate is reported. */
  readonly number: number;
  readonly data: Uint8Array;
  /** The one path it may take, `UNSTEERED`, or undefined for any. */
  pathId: number | undefined;
  /** Chooses its path when it is sent. */
  readonly scheduler: PathScheduler | undefined;
}

/** Octets of a cell: more than the packets of most links carry. */
const CELL_LENGTH = 2048;
/** Cells kept for reuse, 512 KiB: what a connection at a gigabit per second has waiting. */
const FREE_CELLS = 256;

/**
 * Memory for datagrams that wait to be sent, which all connections of a set take in turns: a flow of datagrams of one
 * size makes no garbage.
 */
export class DatagramCells {
  readonly #free: Cell[] = [];

  /** A copy of `source`, to be given back. */
  copy(
    source: Uint8Array,
    number: number,
    pathId: number | undefined,
    scheduler: PathScheduler | undefined,
  ): QueuedDatagram {
    if (source.length > CELL_LENGTH) {
      return { number, data: source.slice(), pathId, scheduler };
    }
    const cell = this.#free.pop() ?? new Cell();
    cell.number = number;
    cell.pathId = pathId;
    cell.scheduler = scheduler;
    cell.fill(source);
    return cell;
  }

  /** Nobody looks at the datagram any more. */
  giveBack(datagram: QueuedDatagram): void {
    if (!(datagram instanceof Cell) || this.#free.length === FREE_CELLS) return;
    datagram.scheduler = undefined;
    this.#free.push(datagram);
  }
}

class Cell implements QueuedDatagram {
  number = 0;
  data: Uint8Array;
  pathId: number | undefined;
  scheduler: PathScheduler | undefined;
  readonly #memory: Uint8Array = new Uint8Array(CELL_LENGTH);

  constructor() {
    this.data = this.#memory;
  }

  fill(source: Uint8Array): void {
    if (this.data.length !== source.length) this.data = this.#memory.subarray(0, source.length);
    this.data.set(source);
  }
}
