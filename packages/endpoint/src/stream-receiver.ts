import type { LentOctets } from '@mpquic/quic';
import { LARGE_COUNT_START } from '@mpquic/wire';
import { Deferred } from './deferred.ts';
import { type StreamConsumer, StreamConsumption } from './stream-consumption.ts';
import type { StreamLink } from './stream-link.ts';

/** Octets that no other thread can change. */
export type Octets = Uint8Array<ArrayBuffer>;

/**
 * The receiving half of a stream. It reads from the connection only when it is asked: what the
 * application does not read, flow control keeps the peer from sending.
 */
export class StreamReceiver {
  /** Settles when everything has been read, or never will be. */
  readonly closed: Deferred<void> = new Deferred();

  readonly #link: StreamLink;
  #waiting: Deferred<void> | undefined;
  #consumption: StreamConsumption | undefined;
  #bytesRead = LARGE_COUNT_START;
  #ended = false;
  #error: Error | undefined;

  constructor(link: StreamLink) {
    this.#link = link;
  }

  get bytesRead(): number {
    return this.#bytesRead;
  }

  /** Whether nothing is left to read. */
  get ended(): boolean {
    return this.#ended || this.#error !== undefined;
  }

  /** Why nothing more will arrive before the end of the stream. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** Settles when there is something to read, or will not be any more. */
  get arrival(): Promise<void> {
    this.#waiting ??= new Deferred();
    return this.#waiting.promise;
  }

  /** What has arrived, about {@link BATCH_BYTES} at most; the octets belong to the caller. */
  readNow(): Octets[] {
    const chunks: Octets[] = [];
    if (this.ended) return chunks;
    for (let bytes = 0; bytes < BATCH_BYTES; ) {
      const chunk = this.#link.read();
      if (chunk === undefined) break;
      if (chunk.data.length > 0) chunks.push(chunk.data as Octets);
      bytes += chunk.data.length;
      if (chunk.fin) {
        this.#end();
        break;
      }
    }
    for (const chunk of chunks) this.#bytesRead += chunk.length;
    return chunks;
  }

  /** Octets that were read and nobody touches again. */
  recycle(chunks: readonly Uint8Array[]): void {
    for (const chunk of chunks) this.#link.recycle(chunk);
  }

  /** Hands everything to `consumer`, at once and as it arrives. Settles as {@link closed}. */
  consumeAll(consumer: StreamConsumer): Promise<void> {
    this.#consumption = new StreamConsumption(this, consumer);
    this.#consumption.run();
    return this.closed.promise;
  }

  /** Shows the next octets, which stay as they are until {@link consume}; false where nothing is to be read. */
  peek(into: LentOctets): boolean {
    return !this.ended && this.#link.peek(into);
  }

  /** So many of the octets that {@link peek} showed are no longer needed. */
  consume(octets: number): void {
    if (this.ended) return;
    this.#bytesRead += octets;
    if (this.#link.consume(octets)) this.#end();
  }

  /** Nobody reads on: STOP_SENDING. RFC 9000 §3.5 */
  stop(code: number, error: Error): void {
    if (this.ended) return;
    this.#link.stopSending(code);
    this.fail(error);
  }

  /** There is something to read. */
  readable(): void {
    this.#waiting?.resolve();
    this.#waiting = undefined;
    this.#consumption?.run();
  }

  /** Nothing more will arrive; what has not been read is lost. */
  fail(error: Error): void {
    if (this.ended) return;
    this.#error = error;
    this.closed.reject(error);
    this.readable();
  }

  #end(): void {
    this.#ended = true;
    this.#consumption = undefined;
    this.closed.resolve();
  }
}

const BATCH_BYTES = 1 << 20;
