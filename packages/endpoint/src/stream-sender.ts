import { LARGE_COUNT_START } from '@mpquic/wire';
import { Deferred } from './deferred.ts';
import { invalidState } from './errors.ts';
import type { StreamLink } from './stream-link.ts';

interface PendingWrite {
  data: Uint8Array;
  readonly fin: boolean;
  /** Where somebody waits for it. */
  readonly taken: Deferred<void> | undefined;
}

/**
 * The sending half of a stream. What the connection does not take at once waits here, and a write is
 * over when all of it is taken: so a writer that awaits is as fast as the peer reads.
 */
export class StreamSender {
  /** Octets that may wait here before {@link writeNow} refuses more. */
  highWaterMark: number;
  /** Settles when the peer has acknowledged everything, or never will. */
  readonly closed: Deferred<void> = new Deferred();

  readonly #link: StreamLink;
  readonly #pending: PendingWrite[] = [];
  #pendingBytes = 0;
  #bytesWritten = LARGE_COUNT_START;
  #ended = false;
  #delivered = false;
  #error: Error | undefined;

  constructor(link: StreamLink, highWaterMark: number) {
    this.#link = link;
    this.highWaterMark = highWaterMark;
  }

  /** Octets accepted so far. */
  get bytesWritten(): number {
    return this.#bytesWritten;
  }

  /** Whether nothing can be written any more. */
  get ended(): boolean {
    return this.#ended || this.#error !== undefined;
  }

  /** Whether {@link closed} is settled. */
  get over(): boolean {
    return this.#delivered || this.#error !== undefined;
  }

  /** Room for octets without waiting; undefined where the stream is over. */
  get room(): number | undefined {
    return this.ended ? undefined : Math.max(0, this.highWaterMark - this.#pendingBytes);
  }

  /** Takes all of `data`, which belongs to the stream from now on, or none of it. */
  writeNow(data: Uint8Array): boolean {
    this.#requireOpen();
    if (this.#pending.length > 0 && this.#pendingBytes + data.length > this.highWaterMark) {
      return false;
    }
    const rest = this.#offer(data, false);
    if (rest !== undefined) this.#wait(rest, false, undefined);
    return true;
  }

  /** Takes `data`, which belongs to the stream from now on; settles when the connection has it. */
  write(data: Uint8Array): Promise<void> {
    this.#requireOpen();
    return this.#awaited(data, false);
  }

  /** Ends the stream behind what was written; settles when the connection has it all. */
  end(): Promise<void> {
    this.#requireOpen();
    this.#ended = true;
    return this.#awaited(NOTHING, true);
  }

  /** Gives up: RESET_STREAM. RFC 9000 §3.1 */
  reset(code: number, error: Error): void {
    if (this.#error !== undefined) return;
    this.#link.reset(code);
    this.fail(error);
  }

  /** The connection takes more. */
  writable(): void {
    for (let write = this.#pending[0]; write !== undefined; write = this.#pending[0]) {
      const taken = this.#link.write(write.data, write.fin);
      this.#pendingBytes -= taken;
      if (taken < write.data.length) {
        write.data = write.data.subarray(taken);
        return;
      }
      this.#pending.shift();
      write.taken?.resolve();
    }
  }

  /** The peer has it all. */
  delivered(): void {
    this.#delivered = true;
    this.closed.resolve();
  }

  /** Nothing more can be sent; what waits is lost. */
  fail(error: Error): void {
    if (this.#error !== undefined) return;
    this.#error = error;
    this.closed.reject(error);
    for (const write of this.#pending) write.taken?.reject(error);
    this.#pending.length = 0;
    this.#pendingBytes = 0;
  }

  #awaited(data: Uint8Array, fin: boolean): Promise<void> {
    const rest = this.#offer(data, fin);
    if (rest === undefined) return Promise.resolve();
    const taken = new Deferred<void>();
    this.#wait(rest, fin, taken);
    return taken.promise;
  }

  /** What the connection did not take; undefined where it took everything. */
  #offer(data: Uint8Array, fin: boolean): Uint8Array | undefined {
    this.#bytesWritten += data.length;
    if (this.#pending.length > 0) return data;
    const taken = this.#link.write(data, fin);
    return taken === data.length ? undefined : data.subarray(taken);
  }

  #wait(data: Uint8Array, fin: boolean, taken: PendingWrite['taken']): void {
    this.#pending.push({ data, fin, taken });
    this.#pendingBytes += data.length;
  }

  #requireOpen(): void {
    if (this.#error !== undefined) throw this.#error;
    if (this.#ended) throw invalidState('the stream has been ended');
  }
}

const NOTHING = new Uint8Array(0);
