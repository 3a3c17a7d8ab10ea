import type { LentOctets, StreamChunk } from '@mpquic/quic';

/** The receiving half of a stream: what ngtcp2 delivered in order, until it is read. Flow control bounds it. */
export class ReceiveStream {
  #chunks: Uint8Array[] = [];
  #fin = false;
  #announced = false;

  /** Takes octets; true where the reader must hear of it. */
  append(data: Uint8Array, fin: boolean): boolean {
    if (data.length > 0) this.#chunks.push(data);
    this.#fin ||= fin;
    if (this.#announced) return false;
    this.#announced = true;
    return true;
  }

  read(): StreamChunk | undefined {
    const data = this.#chunks.shift();
    if (data === undefined && !this.#fin) {
      this.#announced = false;
      return undefined;
    }
    return { data: data ?? NOTHING, fin: this.isOver };
  }

  /** Shows the next octets, which stay until {@link consume}. */
  peek(into: LentOctets): boolean {
    const next = this.#chunks[0] ?? NOTHING;
    into.source = next;
    into.start = 0;
    into.end = next.length;
    if (next.length === 0 && !this.#fin) this.#announced = false;
    return this.#announced;
  }

  /** Takes so many of the octets away that {@link peek} shows, and returns how many there were. */
  consume(octets: number): number {
    const next = this.#chunks[0];
    if (next === undefined) return 0;
    if (octets < next.length) this.#chunks[0] = next.subarray(octets);
    else this.#chunks.shift();
    return Math.min(octets, next.length);
  }

  /** Whether all was read, to the end of the stream. */
  get isOver(): boolean {
    return this.#fin && this.#chunks.length === 0;
  }
}

const NOTHING = new Uint8Array(0);
