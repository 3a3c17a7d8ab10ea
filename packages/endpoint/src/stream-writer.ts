import { utf8 } from '@mpquic/wire';
import { invalidState, QuicError } from './errors.ts';
import type { StreamSender } from './stream-sender.ts';

export interface WriteOptions {
  /** Looked at before the write begins. */
  readonly signal?: AbortSignal | undefined;
  /**
   * The octets are handed over: the caller leaves them unchanged until the peer has acknowledged them,
   * which saves a copy. Without it they are copied.
   */
  readonly transfer?: boolean | undefined;
}

type Chunk = Uint8Array | string;

/** Pushes octets into a stream, in the shape of Node.js's stream/iter `Writer`. */
export class StreamWriter {
  readonly #sender: StreamSender;

  constructor(sender: StreamSender) {
    this.#sender = sender;
  }

  /** Octets that {@link writeSync} takes now; null when the stream is over. */
  get desiredSize(): number | null {
    return this.#sender.room ?? null;
  }

  /** Whether {@link writeSync} takes something now; null when the stream is over. */
  get canWrite(): boolean | null {
    const { room } = this.#sender;
    return room === undefined ? null : room > 0;
  }

  /** Settles when the connection has taken the octets: await it and the peer's reading sets the pace. */
  async write(chunk: Chunk, options: WriteOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    await this.#sender.write(ownOctets(chunk, options));
  }

  async writev(chunks: readonly Chunk[], options: WriteOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    await Promise.all(chunks.map((chunk) => this.#sender.write(ownOctets(chunk, options))));
  }

  /** False when the stream takes nothing now; then none of the octets is taken. */
  writeSync(chunk: Chunk, options: Pick<WriteOptions, 'transfer'> = {}): boolean {
    return this.canWrite === true && this.#sender.writeNow(ownOctets(chunk, options));
  }

  writevSync(chunks: readonly Chunk[]): boolean {
    if (this.canWrite !== true) return false;
    for (const chunk of chunks)
      void this.#sender.write(ownOctets(chunk, {})).catch(() => undefined);
    return true;
  }

  /** Ends the stream (FIN) and gives the number of octets written. */
  async end(options: Pick<WriteOptions, 'signal'> = {}): Promise<number> {
    options.signal?.throwIfAborted();
    if (!this.#sender.ended) await this.#sender.end();
    return this.#sender.bytesWritten;
  }

  /** As {@link end} without waiting; -1 where the stream is over already. */
  endSync(): number {
    if (this.#sender.ended) return -1;
    void this.#sender.end().catch(() => undefined);
    return this.#sender.bytesWritten;
  }

  /** Ends the stream with RESET_STREAM; the code is that of a {@link QuicError}, or 1. */
  fail(reason?: unknown): void {
    const code = reason instanceof QuicError ? Number(reason.errorCode) : INTERNAL_ERROR;
    this.#sender.reset(code, reason instanceof Error ? reason : invalidState('the writer failed'));
  }

  [Symbol.dispose](): void {
    if (!this.#sender.ended) this.fail(invalidState('the writer was disposed of'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#sender.ended) await this.end();
  }
}

function ownOctets(chunk: Chunk, options: WriteOptions): Uint8Array {
  if (typeof chunk === 'string') return utf8(chunk);
  return options.transfer === true ? chunk : Uint8Array.prototype.slice.call(chunk);
}

/** RFC 9000 §20.1 */
const INTERNAL_ERROR = 1;
