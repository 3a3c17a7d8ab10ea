import type { PathScheduler } from '../paths/scheduler.ts';

/** A DATAGRAM frame on its way. RFC 9221 */
export interface QueuedDatagram {
  /** By which its fate is reported. */
  readonly number: number;
  /** Its octets. */
  readonly data: Uint8Array;
  /** Memory that holds its octets, from {@link start} on. */
  readonly source: Uint8Array;
  readonly start: number;
  readonly length: number;
  /** The one path it may take, `UNSTEERED`, or undefined for any. */
  pathId: number | undefined;
  /** Chooses its path when it is sent. */
  readonly scheduler: PathScheduler | undefined;
}

/** Octets of a cell: more than the packets of most links carry. */
const CELL_LENGTH = 2048;
/** Cells of one block, whose octets are copied into the packets of a run by one call. */
const CELLS = 32;
/** Unused blocks that are kept, 512 KiB in all: what a connection at a gigabit per second has waiting. */
const FREE_BLOCKS = 8;

/**
 * Memory for datagrams that wait to be sent, which all connections of a set take in turns: a flow of datagrams
 * makes no garbage.
 */
export class DatagramCells {
  /** Blocks with cells that are free. */
  readonly #blocks: Block[] = [];
  /** Those of them of which all are. */
  #unused = 0;

  /** A copy of `source`, to be given back. */
  copy(
    source: Uint8Array,
    number: number,
    pathId: number | undefined,
    scheduler: PathScheduler | undefined,
  ): QueuedDatagram {
    if (source.length > CELL_LENGTH) {
      return datagramOf(source.slice(), number, pathId, scheduler);
    }
    const cell = this.#take();
    cell.number = number;
    cell.pathId = pathId;
    cell.scheduler = scheduler;
    cell.length = source.length;
    cell.source.set(source, cell.start);
    return cell;
  }

  /** Nobody looks at the datagram any more, once what this turn copies out of its memory is copied. */
  giveBack(datagram: QueuedDatagram): void {
    if (!(datagram instanceof Cell)) return;
    datagram.scheduler = undefined;
    const { block } = datagram;
    if (block.free === 0) this.#blocks.push(block);
    block.put(datagram);
    if (block.free < CELLS) return;
    this.#unused += 1;
    if (this.#unused > FREE_BLOCKS) this.#drop(block);
  }

  #take(): Cell {
    let block = this.#blocks[this.#blocks.length - 1];
    if (block === undefined) {
      block = new Block();
      this.#blocks.push(block);
      this.#unused += 1;
    }
    if (block.free === CELLS) this.#unused -= 1;
    const cell = block.take();
    if (block.free === 0) this.#blocks.pop();
    return cell;
  }

  #drop(block: Block): void {
    this.#blocks.splice(this.#blocks.indexOf(block), 1);
    this.#unused -= 1;
  }
}

/** A datagram whose octets stand by themselves; they must stay unchanged. */
export function datagramOf(
  data: Uint8Array,
  number: number,
  pathId: number | undefined,
  scheduler: PathScheduler | undefined,
): QueuedDatagram {
  return { number, data, source: data, start: 0, length: data.length, pathId, scheduler };
}

/** Cells in common memory. */
class Block {
  /** How many of them are free: those in front. */
  free: number = CELLS;
  readonly #cells: Cell[] = [];

  constructor() {
    const memory = new Uint8Array(CELLS * CELL_LENGTH);
    for (let i = 0; i < CELLS; i++) this.#cells.push(new Cell(this, memory, i * CELL_LENGTH));
  }

  take(): Cell {
    this.free -= 1;
    return this.#cells[this.free] as Cell;
  }

  put(cell: Cell): void {
    this.#cells[this.free] = cell;
    this.free += 1;
  }
}

class Cell implements QueuedDatagram {
  number = 0;
  length = 0;
  pathId: number | undefined;
  scheduler: PathScheduler | undefined;
  readonly block: Block;
  readonly source: Uint8Array;
  readonly start: number;
  /** Made when it is asked for, and again where the length is another. */
  #view: Uint8Array | undefined;

  constructor(block: Block, source: Uint8Array, start: number) {
    this.block = block;
    this.source = source;
    this.start = start;
  }

  get data(): Uint8Array {
    if (this.#view?.length !== this.length) {
      this.#view = this.source.subarray(this.start, this.start + this.length);
    }
    return this.#view;
  }
}
