import type { QuicSession } from '@mpquic/endpoint';
import type { CloseInfo, DatagramRoute, SessionEnd } from '@mpquic/http3';
import { type StreamHost, WebTransportStream } from './webtransport-stream.ts';

/** What a session needs of the connection that it is part of. */
export interface SessionHost extends StreamHost {
  readonly quic: QuicSession;
  addStream(stream: WebTransportStream): void;
}

interface WaitingStream {
  readonly direction: 'bidi' | 'uni';
  readonly opened: (stream: WebTransportStream) => void;
}

/** A session that is open, or was. */
export class WebTransportSession {
  readonly id: number;
  /** The peer opened a stream. Without this, all are refused. */
  onstream: ((stream: WebTransportStream) => void) | undefined;
  /** A view that stays unchanged. */
  ondatagram: ((payload: Uint8Array) => void) | undefined;
  /** The peer wants the session to come to its end. */
  ondraining: (() => void) | undefined;
  onclosed: ((end: SessionEnd) => void) | undefined;
  readonly #host: SessionHost;
  readonly #waiting: WaitingStream[] = [];
  #end: SessionEnd | undefined;

  /** Sessions come from connections. */
  constructor(host: SessionHost, id: number) {
    this.#host = host;
    this.id = id;
  }

  /** The QUIC session below: its paths, its PSK, its statistics. */
  get quic(): QuicSession {
    return this.#host.quic;
  }

  /** How it ended, once it has. */
  get end(): SessionEnd | undefined {
    return this.#end;
  }

  /** Largest datagram that fits now. */
  get maxDatagramSize(): number {
    return this.#host.webTransport.maxDatagramSize(this.id);
  }

  /** Opens a stream; undefined while the peer allows none, or where the session is over. */
  openStream(direction: 'bidi' | 'uni'): WebTransportStream | undefined {
    const streamId = this.#host.webTransport.openStream(this.id, direction);
    if (streamId === undefined) return undefined;
    const stream = new WebTransportStream(this.#host, streamId, direction, false);
    this.#host.addStream(stream);
    this.#host.wake();
    return stream;
  }

  /** Opens a stream as soon as the peer allows one; never where the session ends first. */
  whenStreamOpens(direction: 'bidi' | 'uni', opened: (stream: WebTransportStream) => void): void {
    this.#waiting.push({ direction, opened });
    this.streamsAvailable();
  }

  /** Copies a datagram; false where it does not fit or QUIC takes none. */
  sendDatagram(payload: Uint8Array, route?: DatagramRoute): boolean {
    return this.#host.webTransport.sendDatagram(this.id, payload, route);
  }

  /** Asks the peer to bring the session to its end. */
  drain(): void {
    this.#host.webTransport.drain(this.id);
  }

  /** Closes it with all its streams. A reason above 1,024 octets is cut. */
  close(info: CloseInfo = { code: 0, reason: '' }): void {
    this.#host.webTransport.close(this.id, info);
    this.#host.wake();
  }

  /** Of the connection. */
  streamsAvailable(): void {
    for (const waiting of [...this.#waiting]) {
      const stream = this.openStream(waiting.direction);
      if (stream === undefined) continue;
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      waiting.opened(stream);
    }
  }

  /** Of the connection. */
  takeEnd(end: SessionEnd): void {
    this.#end = end;
    this.#waiting.length = 0;
    this.onclosed?.(end);
  }
}
