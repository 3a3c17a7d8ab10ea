import type { LentOctets, StreamChunk } from '@mpquic/quic';
import type { DrivenConnection } from './driven-connection.ts';

/** What one stream may do with its connection. Every call is sent with the end of the turn. */
export class StreamLink {
  readonly id: number;
  readonly #driven: DrivenConnection;

  constructor(driven: DrivenConnection, id: number) {
    this.#driven = driven;
    this.id = id;
  }

  /** Octets taken; they stay unchanged until they are acknowledged. */
  write(data: Uint8Array, fin: boolean): number {
    const taken = this.#driven.machine.writeStream(this.id, data, fin);
    this.#driven.wake();
    return taken;
  }

  read(): StreamChunk | undefined {
    const chunk = this.#driven.machine.readStream(this.id);
    if (chunk !== undefined) this.#driven.wake();
    return chunk;
  }

  /** Octets that were read and nobody touches again. */
  recycle(data: Uint8Array): void {
    this.#driven.machine.recycle(data);
  }

  /** The next octets, which stay until {@link consume}; false where there is nothing yet. */
  peek(into: LentOctets): boolean {
    return this.#driven.machine.peekStream(this.id, into);
  }

  /** Of those that {@link peek} showed; returns whether the stream has ended with them. */
  consume(octets: number): boolean {
    const ended = this.#driven.machine.consumeStream(this.id, octets);
    this.#driven.wake();
    return ended;
  }

  reset(code: number): void {
    this.#driven.machine.resetStream(this.id, code);
    this.#driven.wake();
  }

  stopSending(code: number): void {
    this.#driven.machine.stopSending(this.id, code);
    this.#driven.wake();
  }
}
