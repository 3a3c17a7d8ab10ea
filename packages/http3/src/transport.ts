/**
 * What HTTP/3 needs of a QUIC connection. A connection of package quic fits once its `close` is bound
 * to a clock; nothing here reads one.
 */
export interface Http3Transport {
  /** The new stream's ID, or undefined while the peer's limit allows none. */
  openStream(direction: 'bidi' | 'uni'): number | undefined;
  /** Takes octets, which stay unchanged until acknowledged; returns how many. */
  writeStream(streamId: number, data: Uint8Array, fin: boolean): number;
  resetStream(streamId: number, code: number): void;
  stopSending(streamId: number, code: number): void;
  /** Largest DATAGRAM frame payload that fits now; 0 where the peer takes none. */
  readonly maxDatagramSize: number;
  /** The number of the datagram, or undefined where it was not taken. */
  sendDatagram(data: Uint8Array): number | undefined;
  close(code: number, reason: string): void;
}

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
    this.#waiting.push({ data, fin });
    this.flush();
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
