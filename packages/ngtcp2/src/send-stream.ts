import type { Pointer, Shim } from './shim.ts';

interface Chunk {
  readonly memory: Pointer;
  /** Stream offset behind its last octet. */
  readonly end: number;
  readonly length: number;
}

/** What goes into the next frame of a stream. */
export interface NextOctets {
  readonly start: Pointer;
  readonly length: number;
  readonly fin: boolean;
}

/** The sending half of a stream: octets stay in the module's memory until they are acknowledged, as ngtcp2 refers to them. */
export class SendStream {
  readonly #shim: Shim;
  readonly #limit: number;
  /** In order; the first may be sent in part. */
  #chunks: Chunk[] = [];
  /** Which chunk is to be sent next. */
  #next = 0;
  #written = 0;
  #sent = 0;
  #fin: 'open' | 'ended' | 'sent' = 'open';
  #refused = false;
  #over = false;

  /** `limit`: unsent octets beyond which it takes no more. */
  constructor(shim: Shim, limit: number) {
    this.#shim = shim;
    this.#limit = limit;
  }

  /** Whether nothing is sent any more. */
  get over(): boolean {
    return this.#over;
  }

  get pending(): boolean {
    return !this.#over && (this.#sent < this.#written || this.#fin === 'ended');
  }

  /** Takes octets by copying them; returns how many. */
  write(data: Uint8Array, fin: boolean): number {
    if (this.#over || this.#fin !== 'open') return 0;
    const room = Math.max(0, this.#limit - (this.#written - this.#sent));
    const taken = this.#keep(room < data.length ? data.subarray(0, room) : data);
    this.#refused = taken < data.length;
    if (fin && !this.#refused) this.#fin = 'ended';
    return taken;
  }

  next(): NextOctets {
    const ended = this.#fin === 'ended';
    const chunk = this.#chunks[this.#next];
    if (chunk !== undefined) {
      const rest = chunk.end - this.#sent;
      const start = chunk.memory + chunk.length - rest;
      return { start, length: rest, fin: ended && chunk.end === this.#written };
    }
    return { start: 0, length: 0, fin: ended };
  }

  /** So many octets of {@link next} went into a packet; true where the writer may go on. */
  took(octets: number, { length, fin }: NextOctets): boolean {
    this.#sent += octets;
    if (octets > 0 && octets === length) this.#next += 1;
    if (fin && octets === length) this.#fin = 'sent';
    return this.#mayGoOn();
  }

  /** The peer has everything up to `end`. */
  acknowledged(end: number): void {
    let released = 0;
    for (const chunk of this.#chunks) {
      if (chunk.end > end) break;
      this.#shim.call.release(chunk.memory);
      released += 1;
    }
    if (released === 0) return;
    this.#chunks = this.#chunks.slice(released);
    this.#next -= released;
  }

  /** Gives up, and lets go of all octets. */
  abandon(): void {
    this.#over = true;
    for (const { memory } of this.#chunks) this.#shim.call.release(memory);
    this.#chunks = [];
  }

  /** Stops offering octets, which ngtcp2 may still refer to. */
  stop(): void {
    this.#over = true;
  }

  #keep(data: Uint8Array): number {
    if (data.length === 0) return 0;
    const memory = this.#shim.call.reserve(data.length);
    // The module's memory has an end: what flows off makes room.
    if (memory === 0) return 0;
    this.#shim.put(memory, data);
    this.#written += data.length;
    this.#chunks.push({ memory, end: this.#written, length: data.length });
    return data.length;
  }

  #mayGoOn(): boolean {
    if (!this.#refused || this.#written - this.#sent > this.#limit / 2) return false;
    this.#refused = false;
    return true;
  }
}
