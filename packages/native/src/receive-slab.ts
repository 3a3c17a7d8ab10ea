import { SOCKET_ROW_LENGTH } from './socket-row.ts';

/** Octets for each message, which receive offload may make of up to 64 datagrams. */
const SLOT_LENGTH = 65_536;
const SLOTS = 32;
const VIEWS_PER_SLOT = 64;
/** Octets. */
const SHORT = 128;

/** Where the sockets of a thread receive, one at a time. */
export class ReceiveSlab {
  readonly memory: Uint8Array = new Uint8Array(SLOTS * SLOT_LENGTH);
  /** One row for each message. */
  readonly table: Int32Array = new Int32Array(SLOTS * SOCKET_ROW_LENGTH);
  /** Views of datagrams as they came before: a flow's stand in the same places all the time. */
  readonly #views: (Uint8Array | undefined)[] = new Array(SLOTS * VIEWS_PER_SLOT).fill(undefined);
  /** Their beginnings and lengths: those of the views themselves take longer to ask for. */
  readonly #starts = new Int32Array(SLOTS * VIEWS_PER_SLOT);
  readonly #lengths = new Int32Array(SLOTS * VIEWS_PER_SLOT);
  /** As {@link #views}, of short datagrams that came alone: acknowledgements differ in length, and each length has its view. */
  readonly #shortViews: (Uint8Array | undefined)[] = new Array(SLOTS * SHORT).fill(undefined);
  #runs = 0;

  /** A number that no run of datagrams in the slab had before. */
  nextRun(): number {
    this.#runs += 1;
    return this.#runs;
  }

  /** A view of `length` octets from `start` on, where datagram `index` of message `slot` stands. */
  view(slot: number, index: number, start: number, length: number): Uint8Array {
    if (start === slot * SLOT_LENGTH && length < SHORT) return this.#shortView(slot, length);
    if (index >= VIEWS_PER_SLOT) return this.memory.subarray(start, start + length);
    const at = slot * VIEWS_PER_SLOT + index;
    const known = this.#views[at];
    if (known !== undefined && this.#starts[at] === start && this.#lengths[at] === length) {
      return known;
    }
    const view = this.memory.subarray(start, start + length);
    this.#views[at] = view;
    this.#starts[at] = start;
    this.#lengths[at] = length;
    return view;
  }

  #shortView(slot: number, length: number): Uint8Array {
    const at = slot * SHORT + length;
    const start = slot * SLOT_LENGTH;
    const view = this.#shortViews[at] ?? this.memory.subarray(start, start + length);
    this.#shortViews[at] = view;
    return view;
  }
}
