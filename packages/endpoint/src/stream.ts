import { ReadableStream, WritableStream } from 'node:stream/web';
import type { ConnectionEvent, StreamDirection } from '@mpquic/quic';
import { invalidState, QuicError } from './errors.ts';
import type { QuicSession } from './session.ts';
import { StreamBatches } from './stream-batches.ts';
import { type StreamBody, sendBody } from './stream-body.ts';
import type { StreamConsumer } from './stream-consumption.ts';
import type { StreamLink } from './stream-link.ts';
import { type Octets, StreamReceiver } from './stream-receiver.ts';
import { StreamSender } from './stream-sender.ts';
import { StreamWriter } from './stream-writer.ts';

/** Events of one stream. */
export type StreamEvent = Extract<ConnectionEvent, { readonly streamId: number }>;

export interface StreamSetup {
  readonly session: QuicSession;
  readonly link: StreamLink;
  readonly direction: StreamDirection;
  /** Whether this side opened it. */
  readonly local: boolean;
  readonly early: boolean;
  readonly highWaterMark?: number | undefined;
}

export interface StreamDestroyOptions {
  readonly code?: bigint | number | undefined;
  readonly reason?: string | undefined;
}

export interface StreamStats {
  readonly createdAt: bigint;
  readonly bytesReceived: bigint;
  readonly bytesSent: bigint;
}

/**
 * A stream of a {@link QuicSession}, in the shape of node:quic's `QuicStream`: read it with `for await`
 * or as {@link readable}, write it with {@link writer} or as {@link writable}.
 */
export class QuicStream implements AsyncDisposable {
  readonly direction: StreamDirection;
  /** Whether it was opened before the handshake: its first octets may be a copy. RFC 9001 §9.2 */
  readonly early: boolean;
  /** Settles when both directions are over; rejects with what broke the stream. */
  readonly closed: Promise<void>;
  /** The peer gave up a direction: RESET_STREAM or STOP_SENDING. */
  onreset: ((this: QuicStream, error: QuicError) => void) | undefined;
  onerror: ((this: QuicStream, error: unknown) => void) | undefined;

  readonly #session: QuicSession;
  readonly #link: StreamLink;
  readonly #sender: StreamSender | undefined;
  readonly #receiver: StreamReceiver | undefined;
  readonly #createdAt: bigint = process.hrtime.bigint();
  #writer: StreamWriter | undefined;
  #readable: ReadableStream<Uint8Array> | undefined;
  #writable: WritableStream<Uint8Array> | undefined;
  #iterated = false;
  #finished = false;

  /** Streams come from sessions. */
  constructor(setup: StreamSetup) {
    const { session, link, direction, local } = setup;
    this.#session = session;
    this.#link = link;
    this.direction = direction;
    this.early = setup.early;
    const highWaterMark = setup.highWaterMark ?? DEFAULT_HIGH_WATER_MARK;
    if (direction === 'bidi' || local) this.#sender = new StreamSender(link, highWaterMark);
    if (direction === 'bidi' || !local) this.#receiver = new StreamReceiver(link);
    this.closed = this.#settle();
    this.closed.catch(() => undefined);
  }

  get id(): bigint {
    return BigInt(this.#link.id);
  }

  get session(): QuicSession | null {
    return this.#finished ? null : this.#session;
  }

  get destroyed(): boolean {
    return this.#finished;
  }

  /** Octets that the writer keeps beyond what the connection takes. */
  get highWaterMark(): number {
    return this.#sender?.highWaterMark ?? 0;
  }

  set highWaterMark(bytes: number) {
    if (this.#sender !== undefined) this.#sender.highWaterMark = bytes;
  }

  /** @throws {QuicError} `ERR_INVALID_STATE` on a stream that only the peer writes */
  get writer(): StreamWriter {
    if (this.#sender === undefined) throw invalidState('only the peer writes this stream');
    this.#writer ??= new StreamWriter(this.#sender);
    return this.#writer;
  }

  /** Sends `body` and ends the stream. A body that fails resets it. */
  setBody(body: StreamBody): void {
    const { writer } = this;
    sendBody(body, writer).catch((error: unknown) => writer.fail(error));
  }

  /** Batches of octets, each the caller's to keep. A reset of the peer's rejects; leaving early sends STOP_SENDING. */
  [Symbol.asyncIterator](): AsyncGenerator<Octets[], undefined, void> {
    return new StreamBatches(this.#beginReading, () => this.stopSending(0));
  }

  /**
   * Reads to the end, as async iteration does, but by a function that is called as octets arrive, for what is there already at
   * once: nothing is allocated for any of them. The function has them until it returns, or until the promise that it returns
   * settles: what is to be kept is copied. Settles at the end of the stream; rejects where the peer resets it, or with what the
   * function throws, which sends STOP_SENDING.
   */
  async consume(consumer: StreamConsumer): Promise<void> {
    await this.#beginReading()?.consumeAll(consumer);
  }

  readonly #beginReading = (): StreamReceiver | undefined => {
    if (this.#iterated) throw invalidState('the stream is being read already');
    this.#iterated = true;
    return this.#receiver;
  };

  /**
   * Gives batches back that this stream gave and nobody touches again: their memory serves what arrives next. Nothing
   * asks for it; at gigabits a second it saves much garbage collection.
   */
  recycle(chunks: readonly Uint8Array[]): void {
    this.#receiver?.recycle(chunks);
  }

  /** The receiving direction as a web stream. */
  get readable(): ReadableStream<Uint8Array> {
    this.#readable ??= this.#createReadable();
    return this.#readable;
  }

  /** The sending direction as a web stream. */
  get writable(): WritableStream<Uint8Array> {
    const { writer } = this;
    this.#writable ??= new WritableStream<Uint8Array>({
      write: (chunk) => writer.write(chunk),
      close: async () => {
        await writer.end();
      },
      abort: (reason) => writer.fail(reason),
    });
    return this.#writable;
  }

  /** Ends the sending direction without the rest: RESET_STREAM. */
  resetStream(code: bigint | number): void {
    this.#sender?.reset(Number(code), aborted('the stream was reset', code));
  }

  /** Asks the peer to stop: STOP_SENDING. */
  stopSending(code: bigint | number): void {
    this.#receiver?.stop(Number(code), aborted('reading was given up', code));
  }

  /** Ends both directions at once. */
  destroy(error?: unknown, options: StreamDestroyOptions = {}): void {
    if (this.#finished) return;
    const wireCode = error instanceof QuicError ? error.errorCode : 0n;
    const code = Number(options.code ?? wireCode);
    const reason =
      error instanceof Error ? error : aborted(options.reason ?? 'the stream was destroyed', code);
    this.#sender?.reset(code, reason);
    this.#receiver?.stop(code, reason);
    if (error !== undefined) this.onerror?.call(this, error);
  }

  get stats(): StreamStats {
    return {
      createdAt: this.#createdAt,
      bytesReceived: BigInt(this.#receiver?.bytesRead ?? 0),
      bytesSent: BigInt(this.#sender?.bytesWritten ?? 0),
    };
  }

  /**
   * Settles when all is sent and whoever reads has read to the end; undefined when that is so. What
   * nobody reads does not count. For its session.
   */
  quiet(): Promise<unknown> | undefined {
    const busy: Promise<void>[] = [];
    if (this.#sender?.over === false) busy.push(this.#sender.closed.promise);
    if (this.#iterated && this.#receiver?.ended === false) busy.push(this.#receiver.closed.promise);
    return busy.length === 0 ? undefined : Promise.allSettled(busy);
  }

  /** Takes an event of its connection. For its session. */
  streamEvent(event: StreamEvent): void {
    switch (event.type) {
      case 'stream_opened':
        return;
      case 'stream_readable':
        this.#receiver?.readable();
        return;
      case 'stream_writable':
        this.#sender?.writable();
        return;
      case 'stream_delivered':
        this.#sender?.delivered();
        return;
      case 'stream_reset': {
        const error = aborted('the peer reset the stream', event.code);
        this.#receiver?.fail(error);
        this.onreset?.call(this, error);
        return;
      }
      case 'stream_stopped': {
        const error = aborted('the peer stopped reading the stream', event.code);
        // RFC 9000 §3.5: STOP_SENDING is answered with RESET_STREAM.
        this.#sender?.reset(event.code, error);
        this.onreset?.call(this, error);
      }
    }
  }

  /** The session is over. For its session. */
  sessionEnded(error: Error): void {
    this.#sender?.fail(error);
    this.#receiver?.fail(error);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.destroy();
    await this.closed.catch(() => undefined);
  }

  async #settle(): Promise<void> {
    const halves = [this.#sender, this.#receiver].filter((half) => half !== undefined);
    const results = await Promise.allSettled(halves.map(({ closed }) => closed.promise));
    this.#finished = true;
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  #createReadable(): ReadableStream<Uint8Array> {
    const batches = this[Symbol.asyncIterator]();
    return new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        const { value, done } = await batches.next();
        if (done) controller.close();
        else for (const chunk of value) controller.enqueue(chunk);
      },
      cancel: async () => {
        await batches.return(undefined);
      },
    });
  }
}

function aborted(message: string, code: bigint | number): QuicError {
  return new QuicError(`${message} (code ${code})`, {
    code: 'ERR_QUIC_STREAM_ABORTED',
    errorCode: code,
  });
}

const DEFAULT_HIGH_WATER_MARK = 65_536;
