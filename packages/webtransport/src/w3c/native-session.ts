import type { WebTransportSession } from '../webtransport-session.ts';
import type { WebTransportStream } from '../webtransport-stream.ts';
import type { DatagramFigures, QueueController, SessionCallbacks } from './callbacks.ts';
import { WebTransportNativeStream } from './native-stream.ts';

/** How a stream is asked for. */
export interface StreamOrder {
  /** Waits where the peer allows none now. */
  readonly waitUntilAvailable?: boolean;
  readonly sendOrder?: number;
}

/** Streams and datagrams that the application has not taken; more are refused or dropped. */
const LONGEST_QUEUE = 1000;
/** Octets of datagrams where they are read as octets. */
const LARGEST_QUEUE = 1_000_000;

export type DatagramOutcome = { readonly code: 'success' | 'blocked' | 'tooBig' | 'internalError' };

/** A session as @fails-components/webtransport wants it. */
export class WebTransportNativeSession {
  /** Set by that package. */
  jsobj: SessionCallbacks | undefined;
  readonly #session: WebTransportSession;

  constructor(session: WebTransportSession) {
    this.#session = session;
    session.onstream = (stream) => this.#incoming(stream);
    session.ondatagram = (datagram) => this.#datagram(datagram);
    session.ondraining = () => this.jsobj?.onGoAwayReceived({});
    session.onclosed = ({ code, reason }) => {
      attempt(() => this.jsobj?.onClose({ errorcode: code, error: reason }));
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

  #incoming(stream: WebTransportStream): void {
    const { incomBiDiController, incomUniDiController } = this.jsobj ?? {};
    const queue = stream.direction === 'bidi' ? incomBiDiController : incomUniDiController;
    if (!isFull(queue, LONGEST_QUEUE) && attempt(() => this.#tell(stream, 0))) return;
    stream.stopSending(0);
    if (stream.direction === 'bidi') stream.reset(0);
  }

  #datagram(datagram: Uint8Array): void {
    const { incomDatagramController_, incomDatagramControllerBytes_ } = this.jsobj ?? {};
    if (isFull(incomDatagramController_, LONGEST_QUEUE)) return;
    if (isFull(incomDatagramControllerBytes_, LARGEST_QUEUE)) return;
    attempt(() => this.jsobj?.onDatagramReceived({ datagram }));
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

function isFull(queue: QueueController | undefined, limit: number): boolean {
  return (queue?.desiredSize ?? 0) <= -limit;
}

/** That package throws where the application has given up what would take it; the connection is not to blame. */
function attempt(call: () => void): boolean {
  try {
    call();
    return true;
  } catch {
    return false;
  }
}

function milliseconds(nanoseconds: bigint): number {
  return Number(nanoseconds) / 1e6;
}
