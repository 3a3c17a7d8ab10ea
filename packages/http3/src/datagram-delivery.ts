import { EarlyDatagrams } from './early-datagrams.ts';
import { Http3StreamError } from './error-code.ts';
import type { Exchange } from './exchange.ts';
import type { ExchangeSet } from './exchange-set.ts';
import { datagramOverhead, writeHttpDatagram } from './http-datagram.ts';
import type { DatagramRoute, Http3Transport } from './transport.ts';

export interface DatagramDeliveryOptions {
  readonly role: 'client' | 'server';
  readonly transport: Http3Transport;
  readonly exchanges: ExchangeSet;
  readonly earlyLimit: number;
  /** Takes a datagram of a request that gives datagrams a meaning; its payload begins at `payloadAt`. */
  readonly deliver: (streamId: number, datagram: Uint8Array, payloadAt: number) => void;
}

/** HTTP datagrams between request streams and QUIC DATAGRAM frames. RFC 9297 §2 */
export class DatagramDelivery {
  readonly #options: DatagramDeliveryOptions;
  readonly #early: EarlyDatagrams;
  #dropped = 0;
  /** The transport copies, so that one buffer serves all. */
  #scratch: Uint8Array = NOTHING;
  /** So much of it as the last datagram took: the next one most likely has the same length. */
  #datagram: Uint8Array = NOTHING;

  constructor(options: DatagramDeliveryOptions) {
    this.#options = options;
    this.#early = new EarlyDatagrams(options.earlyLimit);
  }

  /** Datagrams for streams that are not open, or beyond the cap of those that came early. */
  get dropped(): number {
    return this.#dropped + this.#early.dropped;
  }

  /** Largest payload that fits now. */
  maxSize(streamId: number): number {
    return Math.max(0, this.#options.transport.maxDatagramSize - datagramOverhead(streamId));
  }

  /** `head` and `payload` as one datagram; false where the transport did not take it. */
  send(
    streamId: number,
    head: Uint8Array,
    payload: Uint8Array,
    route: DatagramRoute | undefined,
  ): boolean {
    const length = datagramOverhead(streamId) + head.length + payload.length;
    if (this.#scratch.length < length) {
      if (length > this.#options.transport.maxDatagramSize) return false;
      this.#scratch = new Uint8Array(length);
      this.#datagram = this.#scratch;
    }
    if (this.#datagram.length !== length) {
      this.#datagram = this.#scratch.subarray(0, length);
    }
    writeHttpDatagram(this.#datagram, streamId, head, payload);
    return this.#options.transport.sendDatagram(this.#datagram, route) !== undefined;
  }

  /** @throws {Http3StreamError} where the request gives datagrams no meaning. RFC 9297 §2 */
  receive(streamId: number | undefined, datagram: Uint8Array, payloadAt: number): void {
    const exchange = streamId === undefined ? undefined : this.#options.exchanges.get(streamId);
    if (exchange !== undefined && !exchange.receiveEnded) {
      this.#deliver(exchange, datagram, payloadAt);
    } else if (this.#mayBegin(streamId)) this.#early.keep(streamId, datagram.subarray(payloadAt));
    else this.#dropped += 1;
  }

  /** The head of a request is here: what came before it follows. @throws {Http3StreamError} */
  requestArrived(exchange: Exchange): void {
    for (const payload of this.#early.take(exchange.streamId)) this.#deliver(exchange, payload, 0);
  }

  /** The stream is refused. */
  refused(streamId: number): void {
    this.#early.discard(streamId);
  }

  #deliver(exchange: Exchange, datagram: Uint8Array, payloadAt: number): void {
    if (exchange.carriesDatagrams) {
      this.#options.deliver(exchange.streamId, datagram, payloadAt);
    } else if (this.#options.role === 'server' && exchange.receiving.awaitsHead) {
      this.#early.keep(exchange.streamId, datagram.subarray(payloadAt));
    } else {
      throw new Http3StreamError('H3_DATAGRAM_ERROR', 'a datagram of a request that has none');
    }
  }

  /** Whether the client may still begin this stream. */
  #mayBegin(streamId: number | undefined): streamId is number {
    const { role, exchanges } = this.#options;
    return streamId !== undefined && role === 'server' && exchanges.mayBegin(streamId);
  }
}

const NOTHING = new Uint8Array();
