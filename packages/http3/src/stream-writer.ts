import type { Http3Transport } from './transport.ts';

/**
 * Octets waiting for a stream that took less than offered. Bounded by its users: only frames whose
 * head was sent go through here, and DATA is offered again only when the queue is empty.
 */
export class StreamWriter {
  readonly #transport: Http3Transport;
  readonly streamId: number;
  readonly #waiting: { data: Uint8Array; readonly fin: boolean }[] = [];

  constructor(transport: Http3Transport, streamId: number) {
    this.#transport = transport;
    this.streamId = streamId;
  }

  /** Whether everything written so far was taken. */
  get idle(): boolean {
    return this.#waiting.length === 0;
  }

  write(data: Uint8Array, fin: boolean): void {
    if (this.#waiting.length === 0) {
      const taken = this.#transport.writeStream(this.streamId, data, fin);
      if (taken === data.length) return;
      this.#waiting.push({ data: data.subarray(taken), fin });
    } else {
      this.#waiting.push({ data, fin });
    }
  }

  /** To be called when the stream becomes writable. */
  flush(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const taken = this.#transport.writeStream(this.streamId, next.data, next.fin);
      if (taken < next.data.length) {
        next.data = next.data.subarray(taken);
        return;
      }
      this.#waiting.shift();
    }
  }

  discard(): void {
    this.#waiting.length = 0;
  }
}
