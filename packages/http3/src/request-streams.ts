import type { DatagramDelivery } from './datagram-delivery.ts';
import { Http3ConnectionError, Http3ErrorCode, type Http3StreamError } from './error-code.ts';
import { Exchange } from './exchange.ts';
import type { ExchangeSet } from './exchange-set.ts';
import type { Http3Event } from './http3-event.ts';
import { type RequestHead, type ResponseHead, requestFields, responseFields } from './message.ts';
import type { QpackDecoder } from './qpack/decoder.ts';
import { RequestStream } from './request-stream.ts';
import { ResetBudget } from './reset-budget.ts';
import { StreamWriter } from './stream-writer.ts';
import type { Http3Transport } from './transport.ts';

export interface RequestStreamsOptions {
  readonly role: 'client' | 'server';
  readonly transport: Http3Transport;
  readonly exchanges: ExchangeSet;
  readonly datagrams: DatagramDelivery;
  readonly decoder: QpackDecoder;
  /** Requests that the peer may reset unanswered. */
  readonly resetLimit: number;
  readonly event: (event: Http3Event) => void;
  /** A frame of an unknown type begins. It may throw. */
  readonly unknownFrame: (frameType: number) => void;
}

/** The request streams of a connection, from their first octet to their last. RFC 9114 §4.1, §6.1 */
export class RequestStreams {
  readonly #options: RequestStreamsOptions;
  readonly #exchanges: ExchangeSet;
  readonly #resets: ResetBudget;

  constructor(options: RequestStreamsOptions) {
    this.#options = options;
    this.#exchanges = options.exchanges;
    this.#resets = new ResetBudget(options.resetLimit);
  }

  /** Client: begins with a request on a stream that was opened for it. */
  request(streamId: number, request: RequestHead, fin: boolean): void {
    const exchange = this.#open(streamId, 'response', request.method);
    exchange.carriesDatagrams = request.protocol !== undefined;
    exchange.sendHead(requestFields(request), fin);
  }

  /** Server: answers, once beside interim responses. */
  respond(streamId: number, response: ResponseHead, fin: boolean): void {
    const exchange = this.#exchanges.get(streamId);
    if (exchange === undefined || exchange.sendEnded || exchange.answered) return;
    if (response.status >= 200) {
      exchange.answered = true;
      this.#resets.answered();
    }
    exchange.sendHead(responseFields(response), fin);
    this.#exchanges.removeIfOver(exchange);
  }

  /** Returns how many octets were taken: none while earlier ones still wait. */
  sendData(streamId: number, data: Uint8Array, fin: boolean): number {
    if (this.#exchanges.get(streamId)?.sendIdle !== true) return 0;
    return this.queueData(streamId, data, fin) ? data.length : 0;
  }

  /** As {@link sendData}, behind earlier octets where those still wait; false where nothing may be sent. */
  queueData(streamId: number, data: Uint8Array, fin: boolean): boolean {
    const exchange = this.#exchanges.get(streamId);
    if (exchange === undefined || exchange.sendEnded) return false;
    exchange.sendData(data, fin);
    this.#exchanges.removeIfOver(exchange);
    return true;
  }

  /** @throws {Http3ConnectionError} {Http3StreamError} {QpackError} */
  receive(streamId: number, data: Uint8Array, fin: boolean): void {
    const exchange = this.#exchangeOf(streamId);
    if (exchange === undefined || exchange.receiveEnded) return;
    exchange.receiving.receive(data, fin);
    if (!fin) return;
    exchange.receiveEnded = true;
    this.#exchanges.removeIfOver(exchange);
  }

  /** The peer reset its side. @throws {Http3ConnectionError} where it does so as a flood */
  receiveReset(streamId: number, code: number): void {
    const exchange = this.#exchangeOf(streamId);
    if (exchange === undefined) return;
    exchange.receiveEnded = true;
    const { role, decoder, event } = this.#options;
    decoder.cancelStream(streamId);
    if (role === 'server' && !exchange.answered) this.#resets.reset();
    event({ type: 'reset', streamId, code, by: 'peer', reason: 'reset by the peer' });
    this.cancel(streamId, code);
  }

  /** The peer wants nothing more of this side's. */
  receiveStop(streamId: number, code: number): void {
    const exchange = this.#exchanges.get(streamId);
    if (exchange === undefined || exchange.sendEnded) return;
    exchange.abandonSending();
    this.#exchanges.removeIfOver(exchange);
    this.#options.event({ type: 'stopped', streamId, code });
  }

  writable(streamId: number): void {
    const exchange = this.#exchanges.get(streamId);
    if (exchange === undefined) return;
    exchange.flush();
    if (!exchange.sendIdle) return;
    if (exchange.sendEnded) this.#exchanges.removeIfOver(exchange);
    else this.#options.event({ type: 'writable', streamId });
  }

  /** Gives a request up in both directions; no event follows. */
  cancel(streamId: number, code: number): void {
    const exchange = this.#exchanges.get(streamId);
    if (exchange === undefined) return;
    const { transport, decoder } = this.#options;
    const sent = exchange.sendEnded && exchange.sendIdle;
    if (!sent) transport.resetStream(streamId, code);
    if (!exchange.receiveEnded) transport.stopSending(streamId, code);
    exchange.abandonSending();
    decoder.cancelStream(streamId);
    this.#exchanges.remove(streamId);
  }

  /**
   * Gives a stream up over an error of the peer, and reports it as reset. A server that has not answered
   * yet answers with the error's status first. RFC 9114 §4.1.2
   */
  fail(streamId: number, error: Http3StreamError): void {
    const exchange = this.#exchanges.get(streamId);
    if (exchange === undefined) return;
    const { role, event } = this.#options;
    const code = Http3ErrorCode[error.code];
    const { status, message: reason } = error;
    if (role === 'server' && status !== undefined && !exchange.answered) {
      this.respond(streamId, { status, fields: error.fields }, true);
    }
    event({ type: 'reset', streamId, code, by: 'local', reason });
    this.cancel(streamId, code);
  }

  /** Client: requests from `id` on are none that the server will look at; they may be tried elsewhere. RFC 9114 §5.2 */
  refusedFrom(id: number): void {
    for (const streamId of this.#exchanges.streamIds) {
      if (streamId < id) continue;
      this.cancel(streamId, Http3ErrorCode.H3_REQUEST_CANCELLED);
      const code = Http3ErrorCode.H3_REQUEST_REJECTED;
      this.#options.event({ type: 'reset', streamId, code, by: 'peer', reason: 'GOAWAY' });
    }
  }

  /** The exchange of a stream on which something came; the server makes one for a new stream. */
  #exchangeOf(streamId: number): Exchange | undefined {
    const exchange = this.#exchanges.get(streamId);
    if (exchange !== undefined) return exchange;
    const { role, transport, datagrams } = this.#options;
    if (role === 'client') {
      if (streamId % 4 === 0) return undefined;
      throw new Http3ConnectionError('H3_STREAM_CREATION_ERROR', 'a request from a server');
    }
    if (this.#exchanges.hasBegun(streamId)) return undefined;
    this.#exchanges.begin(streamId);
    if (!this.#exchanges.refuses(streamId)) return this.#open(streamId, 'request');
    datagrams.refused(streamId);
    transport.stopSending(streamId, Http3ErrorCode.H3_REQUEST_REJECTED);
    transport.resetStream(streamId, Http3ErrorCode.H3_REQUEST_REJECTED);
    return undefined;
  }

  #open(streamId: number, receives: 'request' | 'response', method = ''): Exchange {
    const { transport, datagrams, decoder, event, unknownFrame } = this.#options;
    const receiving = new RequestStream({
      receives,
      method,
      maximumFrame: MAX_HEADERS_FRAME,
      decode: (section) => decoder.decode(streamId, section),
      unknown: unknownFrame,
      take: (what) => {
        event({ ...what, streamId });
        if (what.type !== 'request') return;
        exchange.carriesDatagrams = what.request.protocol !== undefined;
        datagrams.requestArrived(exchange);
      },
    });
    const exchange = new Exchange(receiving, new StreamWriter(transport, streamId));
    this.#exchanges.add(exchange);
    return exchange;
  }
}

const MAX_HEADERS_FRAME = 65_536;
