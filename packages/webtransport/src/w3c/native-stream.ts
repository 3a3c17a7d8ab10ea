import type { WebTransportStream } from '../webtransport-stream.ts';
import type { StreamCallbacks, StreamTask } from './callbacks.ts';

/** A stream as @fails-components/webtransport wants it. */
export class WebTransportNativeStream {
  /** Set by that package. */
  jsobj: StreamCallbacks | undefined;
  readonly #stream: WebTransportStream;

  constructor(stream: WebTransportStream) {
    this.#stream = stream;
    stream.ondata = (data, fin) => {
      try {
        this.#deliver(data, fin);
      } catch {
        // The application has given the stream up in a way that its package does not tell.
        stream.stopSending(0);
      }
    };
    stream.onreset = (code = 0) => {
      this.jsobj?.onStreamRecvSignal({ code, nettask: 'resetStream' });
    };
    stream.onstopped = (code = 0) => {
      this.jsobj?.onStreamRecvSignal({ code, nettask: 'stopSending' });
    };
  }

  startReading(): void {
    this.#stream.resume();
  }

  stopReading(): void {
    this.#stream.pause();
  }

  /** Whatever is here, as the session is over. */
  drainReads(): void {
    this.#stream.resume();
  }

  stopSending(code: number): void {
    this.#stream.stopSending(code);
    this.#finished('stopSending');
  }

  resetStream(code: number): void {
    this.#stream.reset(code);
    this.#finished('resetStream');
  }

  writeChunk(chunk: Uint8Array): void {
    this.#stream.write(chunk, () => {
      process.nextTick(() => this.jsobj?.onStreamWrite({ success: true }));
    });
  }

  streamFinal(): void {
    this.#stream.end(() => this.#finished('streamFinal'));
  }

  /** Streams share the connection alike: this stack has no priorities among them. */
  updateSendOrderAndGroup(): void {}

  /** Who asks for it makes ready to wait only behind the call. */
  #finished(nettask: StreamTask): void {
    process.nextTick(() => this.jsobj?.onStreamNetworkFinish({ nettask }));
  }

  #deliver(data: Uint8Array, fin: boolean): void {
    const { jsobj } = this;
    if (jsobj === undefined) return;
    let rest = data;
    while (rest.length > 0) {
      const target = jsobj.getReadBuffer({ byteSize: rest.length });
      const length = Math.min(target.buffer.length, rest.length);
      target.buffer.set(rest.subarray(0, length));
      rest = rest.subarray(length);
      target.readBytes = length;
      target.drained = rest.length === 0;
      target.fin = target.drained && fin;
      if (jsobj.commitReadBuffer(target).stopReading === true) this.#stream.pause();
    }
    if (data.length === 0 && fin) jsobj.commitReadBuffer({ fin: true });
  }
}
