import { encodeFrame, FrameType, frameHeader } from './frame.ts';
import { encodeFieldSection } from './qpack/encoder.ts';
import type { Field } from './qpack/field.ts';
import type { RequestStream } from './request-stream.ts';
import type { StreamWriter } from './stream-writer.ts';

/** A request and its response, on one request stream: what comes there, and what this side sends. */
export class Exchange {
  readonly receiving: RequestStream;
  /** Whether the request gives HTTP datagrams a meaning: extended CONNECT does. RFC 9297 §2 */
  carriesDatagrams = false;
  /** Whether a final response was sent. */
  answered = false;
  receiveEnded = false;
  readonly #writer: StreamWriter;
  #sendEnded = false;

  constructor(receiving: RequestStream, writer: StreamWriter) {
    this.receiving = receiving;
    this.#writer = writer;
  }

  get streamId(): number {
    return this.#writer.streamId;
  }

  /** Whether nothing may be sent any more; the last of it may still wait. */
  get sendEnded(): boolean {
    return this.#sendEnded;
  }

  /** Whether the transport took all that was sent. */
  get sendIdle(): boolean {
    return this.#writer.idle;
  }

  /** Whether nothing more comes or goes. */
  get isOver(): boolean {
    return this.receiveEnded && this.#sendEnded && this.#writer.idle;
  }

  sendHead(fields: readonly Field[], fin: boolean): void {
    this.#writer.write(encodeFrame(FrameType.headers, encodeFieldSection(fields)), fin);
    if (fin) this.#sendEnded = true;
  }

  /** Waits its turn where the stream takes less. */
  sendData(data: Uint8Array, fin: boolean): void {
    if (data.length > 0) this.#writer.write(frameHeader(FrameType.data, data.length), false);
    if (data.length > 0 || fin) this.#writer.write(data, fin);
    if (fin) this.#sendEnded = true;
  }

  /** To be called when the stream becomes writable. */
  flush(): void {
    this.#writer.flush();
  }

  /** Nothing more is sent, and what waits is dropped. */
  abandonSending(): void {
    this.#writer.discard();
    this.#sendEnded = true;
  }
}
