import type { StreamChunk } from '@mpquic/quic';

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
    const fin = this.#fin && this.#chunks.length === 0;
    return { data: data ?? NOTHING, fin };
  }
}

const NOTHING = new Uint8Array(0);
