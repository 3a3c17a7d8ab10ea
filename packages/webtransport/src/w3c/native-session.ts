import type { WebTransportSession } from '../webtransport-session.ts';
import type { WebTransportStream } from '../webtransport-stream.ts';
import type { DatagramFigures, SessionCallbacks } from './callbacks.ts';
import { WebTransportNativeStream } from './native-stream.ts';

/** How a stream is asked for. */
export interface StreamOrder {
  /** Waits where the peer allows none now. */
  readonly waitUntilAvailable?: boolean;
  readonly sendOrder?: number;
}

export type DatagramOutcome = { readonly code: 'success' | 'blocked' | 'tooBig' | 'internalError' };

/** A session as @fails-components/webtransport wants it. */
export class WebTransportNativeSession {
  /** Set by that package. */
  jsobj: SessionCallbacks | undefined;
  readonly #session: WebTransportSession;

  constructor(session: WebTransportSession) {
    this.#session = session;
    session.onstream = (stream) => this.#tell(stream, 0);
    session.ondatagram = (datagram) => this.jsobj?.onDatagramReceived({ datagram });
    session.ondraining = () => this.jsobj?.onGoAwayReceived({});
    session.onclosed = ({ code, reason }) => {
      this.jsobj?.onClose({ errorcode: code, error: reason });
    };
  }

  /** What QUIC has no room for is dropped: `blocked`. */
  writeDatagram(chunk: Uint8Array): DatagramOutcome {
    if (this.#session.end !== undefined) return { code: 'internalError' };
    if (chunk.length > this.#session.maxDatagramSize) return { code: 'tooBig' };
    return { code: this.#session.sendDatagram(chunk) ? 'success' : 'blocked' };
  }

  /** False where the peer allows none now, and the order does not wait. */
  orderBidiStream(order: StreamOrder): boolean {
    return this.#order('bidi', order);
  }

  orderUnidiStream(order: StreamOrder): boolean {
    return this.#order('uni', order);
  }

  getMaxDatagramSize(): number {
    return this.#session.maxDatagramSize;
  }

  notifySessionDraining(): void {
    this.#session.drain();
  }

  close({ code, reason }: { readonly code: number; readonly reason: string }): void {
    this.#session.close({ code, reason });
  }

  orderSessionStats(): void {
    const { minRtt, smoothedRtt, rttVar, cwnd } = this.#session.quic.stats;
    const rtt = milliseconds(smoothedRtt);
    this.jsobj?.onSessionStats({
      ...this.#datagramFigures(),
      minRtt: milliseconds(minRtt),
      smoothedRtt: rtt,
      rttVariation: milliseconds(rttVar),
      estimatedSendRateBps: rtt === 0 ? 0 : (Number(cwnd) * 8 * 1000) / rtt,
    });
  }

  orderDatagramStats(): void {
    this.jsobj?.onDatagramStats(this.#datagramFigures());
  }

  #datagramFigures(): DatagramFigures {
    const lostOutgoing = Number(this.#session.quic.stats.datagramsLost);
    return { timestamp: Date.now(), expiredOutgoing: 0, lostOutgoing };
  }

  #order(direction: 'bidi' | 'uni', order: StreamOrder): boolean {
    const { waitUntilAvailable = false, sendOrder = 0 } = order;
    const opened = (stream: WebTransportStream): void => this.#tell(stream, sendOrder);
    if (waitUntilAvailable) {
      this.#session.whenStreamOpens(direction, opened);
      return true;
    }
    const stream = this.#session.openStream(direction);
    if (stream !== undefined) opened(stream);
    return stream !== undefined;
  }

  #tell(stream: WebTransportStream, sendOrder: number): void {
    this.jsobj?.onStream({
      stream: new WebTransportNativeStream(stream),
      bidirectional: stream.direction === 'bidi',
      incoming: stream.incoming,
      sendOrder,
    });
  }
}

function milliseconds(nanoseconds: bigint): number {
  return Number(nanoseconds) / 1e6;
}
