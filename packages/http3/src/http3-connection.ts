import { UsageError } from '@mpquic/wire';
import { DatagramDelivery } from './datagram-delivery.ts';
import { Http3ConnectionError, Http3ErrorCode, Http3StreamError } from './error-code.ts';
import type { Exchange } from './exchange.ts';
import { ExchangeSet } from './exchange-set.ts';
import { encodeFrame, FrameType, frameHeader } from './frame.ts';
import { readHttpDatagram } from './http-datagram.ts';
import type { Http3Event } from './http3-event.ts';
import { LocalStreams } from './local-streams.ts';
import { type RequestHead, type ResponseHead, requestFields, responseFields } from './message.ts';
import { PeerStreams } from './peer-streams.ts';
import { FieldSectionTooLarge, QpackDecoder, QpackError } from './qpack/decoder.ts';
import { encodeFieldSection } from './qpack/encoder.ts';
import type { Field } from './qpack/field.ts';
import { RequestStream } from './request-stream.ts';
import { ResetBudget } from './reset-budget.ts';
import { defaultSettings, type Http3Settings } from './settings.ts';
import { SignalledStreams, type StreamExtension } from './stream-extension.ts';
import { StreamWriter } from './stream-writer.ts';
import type { DatagramRoute, Http3Transport } from './transport.ts';

export interface Http3Options {
  readonly role: 'client' | 'server';
  readonly transport: Http3Transport;
  /** Octets of a field section that are accepted. Default 16,384. */
  readonly maxFieldSectionSize?: number;
  /** Octets of the peer's dynamic table that are kept. Default 0: static table and literals. */
  readonly qpackMaxTableCapacity?: number;
  /** Settings beyond those of HTTP/3, for extensions. */
  readonly extensionSettings?: ReadonlyMap<bigint, bigint>;
  /** What has streams beside requests. */
  readonly streamExtension?: StreamExtension;
  /** Requests that the peer may reset unanswered before it is stopped as a flood. Default 1,000. */
  readonly resetLimit?: number;
  /** Datagrams kept that overtook their request. Default 64. */
  readonly earlyDatagramLimit?: number;
}

/** Takes an HTTP datagram whose payload begins at `payloadAt`; false where it is to become an event. */
type DatagramTaker = (streamId: number, datagram: Uint8Array, payloadAt: number) => boolean;

/**
 * One HTTP/3 connection over a QUIC connection. RFC 9114; extended CONNECT of RFC 9220; HTTP datagrams
 * of RFC 9297. Server push and priorities are left out. Errors of the peer close the connection or
 * reset a stream here; nothing is thrown at the driver but {@link UsageError}.
 */
export class Http3Connection {
  readonly role: 'client' | 'server';
  readonly #transport: Http3Transport;
  readonly #decoder: QpackDecoder;
  readonly #peerStreams: PeerStreams;
  readonly #exchanges = new ExchangeSet();
  readonly #datagrams: DatagramDelivery;
  readonly #events: Http3Event[] = [];
  readonly #resets: ResetBudget;
  readonly #localSettings: Http3Settings;
  readonly #extension: StreamExtension | undefined;
  readonly #signalled: SignalledStreams | undefined;
  #takeDatagram: DatagramTaker | undefined;
  #local: LocalStreams | undefined;
  #peerSettings: Http3Settings | undefined;
  #goawayReceived = false;
  #closed = false;

  constructor(options: Http3Options) {
    this.role = options.role;
    this.#transport = options.transport;
    this.#extension = options.streamExtension;
    this.#signalled = this.#extension && new SignalledStreams(this.#extension);
    this.#resets = new ResetBudget(options.resetLimit ?? 1_000);
    this.#datagrams = new DatagramDelivery({
      role: options.role,
      transport: options.transport,
      exchanges: this.#exchanges,
      earlyLimit: options.earlyDatagramLimit ?? 64,
      deliver: (streamId, datagram, payloadAt) => {
        // What happened before it comes first.
        const next = this.#events.length === 0 ? this.#takeDatagram : undefined;
        if (next?.(streamId, datagram, payloadAt) === true) return;
        this.#events.push({ type: 'datagram', streamId, payload: datagram.subarray(payloadAt) });
      },
    });
    const maxFieldSectionSize = options.maxFieldSectionSize ?? 16_384;
    this.#localSettings = {
      ...defaultSettings,
      maxFieldSectionSize,
      qpackMaxTableCapacity: options.qpackMaxTableCapacity ?? 0,
      enableConnectProtocol: options.role === 'server',
      h3Datagram: true,
      unknown: options.extensionSettings ?? new Map(),
    };
    this.#decoder = new QpackDecoder({
      maximumTableCapacity: this.#localSettings.qpackMaxTableCapacity,
      maximumFieldSectionSize: maxFieldSectionSize,
    });
    this.#peerStreams = new PeerStreams(options.role, this.#decoder, {
      settings: (settings) => {
        this.#peerSettings = settings;
        this.#events.push({ type: 'settings', settings });
      },
      goaway: (id) => this.#receiveGoaway(id),
      extensionStream: (streamId, streamType, data, fin) =>
        this.#extension?.takeStream(streamId, streamType, data, fin) ?? false,
      unknownFrame: (frameType) => this.#signalled?.refuseFrame(frameType),
    });
  }

  /** The peer's settings, once they came. */
  get peerSettings(): Http3Settings | undefined {
    return this.#peerSettings;
  }

  /** Whether this side closed the connection because of an error. */
  get closed(): boolean {
    return this.#closed;
  }

  /** HTTP datagrams for streams that are not open, or beyond the cap of those that came early. */
  get droppedDatagrams(): number {
    return this.#datagrams.dropped;
  }

  /** Whether HTTP datagrams may be sent: both sides announced them. RFC 9297 §2.1.1 */
  get datagramsEnabled(): boolean {
    return this.#peerSettings?.h3Datagram === true && this.#transport.maxDatagramSize > 0;
  }

  /** Request streams that are open. */
  get openExchanges(): number {
    return this.#exchanges.size;
  }

  /** Server: whether the client may still begin that request stream. */
  mayBegin(streamId: number): boolean {
    return this.role === 'server' && this.#exchanges.mayBegin(streamId);
  }

  /** Opens the control and QPACK streams. To be called once the QUIC handshake is complete. */
  start(): void {
    this.#guard(undefined, () => {
      this.#local = new LocalStreams(this.#transport, this.#localSettings);
    });
  }

  nextEvent(): Http3Event | undefined {
    return this.#events.shift();
  }

  /**
   * Client: sends a request head; undefined while the peer allows no stream, or after GOAWAY.
   * @throws {UsageError} on extended CONNECT to a server that did not offer it. RFC 8441 §3
   */
  request(request: RequestHead, fin: boolean): number | undefined {
    if (request.protocol !== undefined && this.#peerSettings?.enableConnectProtocol !== true) {
      throw new UsageError('the server does not offer extended CONNECT');
    }
    if (this.#closed || this.#goawayReceived) return undefined;
    const streamId = this.#transport.openStream('bidi');
    if (streamId === undefined) return undefined;
    const exchange = this.#open(streamId, 'response', request.method);
    exchange.carriesDatagrams = request.protocol !== undefined;
    this.#writeHeaders(exchange, requestFields(request), fin);
    return streamId;
  }

  /** Server: answers a request. Status 1xx may come any number of times before the final one. */
  respond(streamId: number, response: ResponseHead, fin: boolean): void {
    const exchange = this.#exchanges.get(streamId);
    if (exchange === undefined || exchange.sendEnded || exchange.answered) return;
    if (response.status >= 200) {
      exchange.answered = true;
      this.#resets.answered();
    }
    this.#writeHeaders(exchange, responseFields(response), fin);
  }

  /** Octets of a body or tunnel; returns how many were taken, 0 while earlier ones still wait. */
  sendData(streamId: number, data: Uint8Array, fin: boolean): number {
    const exchange = this.#exchanges.get(streamId);
    if (exchange === undefined || exchange.sendEnded || !exchange.writer.idle) return 0;
    if (data.length > 0) exchange.writer.write(frameHeader(FrameType.data, data.length), false);
    if (data.length > 0 || fin) exchange.writer.write(data, fin);
    if (fin) this.#endSending(exchange);
    return data.length;
  }

  /** As {@link sendData} for what must not be lost, such as capsules: it waits its turn where it must. */
  queueData(streamId: number, data: Uint8Array, fin = false): void {
    const exchange = this.#exchanges.get(streamId);
    if (exchange === undefined || exchange.sendEnded) return;
    if (data.length > 0) exchange.writer.write(frameHeader(FrameType.data, data.length), false);
    exchange.writer.write(data, fin);
    if (fin) this.#endSending(exchange);
  }

  /** Largest payload of an HTTP datagram of that stream that fits now. */
  maxDatagramSize(streamId: number): number {
    return this.#datagrams.maxSize(streamId);
  }

  /**
   * Sends `head` and `payload` as one HTTP datagram; both are copied. False where the peer takes none, the
   * stream is not open for sending, or it does not fit.
   */
  sendDatagram(
    streamId: number,
    head: Uint8Array,
    payload: Uint8Array,
    route?: DatagramRoute,
  ): boolean {
    const exchange = this.#exchanges.get(streamId);
    if (this.#peerSettings?.h3Datagram !== true) return false;
    if (exchange === undefined || exchange.sendEnded) return false;
    return this.#datagrams.send(streamId, head, payload, route);
  }

  /** Gives a request up in both directions; no event follows. */
  cancel(streamId: number, code: number = Http3ErrorCode.H3_REQUEST_CANCELLED): void {
    const exchange = this.#exchanges.get(streamId);
    if (exchange === undefined) return;
    const sent = exchange.sendEnded && exchange.writer.idle;
    if (!sent) this.#transport.resetStream(streamId, code);
    if (!exchange.receiveEnded) this.#transport.stopSending(streamId, code);
    exchange.writer.discard();
    this.#decoder.cancelStream(streamId);
    this.#exchanges.remove(streamId);
    this.#flushDecoder();
  }

  /** Server: no request beyond those that came is taken; those go on. RFC 9114 §5.2 */
  goaway(): void {
    const id = this.#exchanges.refuseNew();
    if (id !== undefined) this.#local?.writeGoaway(id);
  }

  /** Octets of any stream of the peer, in order. They are kept as views and stay unchanged. */
  receiveStream(streamId: number, data: Uint8Array, fin: boolean): void {
    this.#guard(streamId, () => {
      if (this.#extension?.owns(streamId)) {
        this.#extension.receiveStream(streamId, data, fin);
      } else if (streamId % 4 >= 2) {
        const wanted = this.#peerStreams.receive(streamId, data, fin);
        if (!wanted) {
          this.#transport.stopSending(streamId, Http3ErrorCode.H3_STREAM_CREATION_ERROR);
        }
      } else {
        this.#receiveRequestStream(streamId, data, fin);
      }
    });
    this.#flushDecoder();
  }

  streamReset(streamId: number, code: number): void {
    this.#guard(streamId, () => {
      if (this.#extension?.owns(streamId)) {
        this.#extension.streamReset(streamId, code);
        return;
      }
      if (streamId % 4 >= 2) {
        this.#peerStreams.reset(streamId);
        return;
      }
      if (this.#signalled?.reset(streamId) && this.role === 'client') {
        this.#transport.resetStream(streamId, code);
        return;
      }
      const exchange = this.#exchangeOf(streamId);
      if (exchange === undefined) return;
      exchange.receiveEnded = true;
      this.#decoder.cancelStream(streamId);
      if (this.role === 'server' && !exchange.answered) this.#resets.reset();
      const reason = 'reset by the peer';
      this.#events.push({ type: 'reset', streamId, code, by: 'peer', reason });
      this.cancel(streamId, code);
    });
  }

  streamStopped(streamId: number, code: number): void {
    this.#guard(streamId, () => {
      if (this.#local?.owns(streamId)) {
        throw new Http3ConnectionError('H3_CLOSED_CRITICAL_STREAM', 'a control stream was stopped');
      }
      if (this.#extension?.owns(streamId)) this.#extension.streamStopped(streamId, code);
      const exchange = this.#exchanges.get(streamId);
      if (exchange === undefined || exchange.sendEnded) return;
      exchange.writer.discard();
      this.#endSending(exchange);
      this.#events.push({ type: 'stopped', streamId, code });
    });
  }

  streamWritable(streamId: number): void {
    this.#local?.flush(streamId);
    if (this.#extension?.owns(streamId)) this.#extension.streamWritable(streamId);
    const exchange = this.#exchanges.get(streamId);
    if (exchange === undefined) return;
    exchange.writer.flush();
    if (!exchange.writer.idle) return;
    if (exchange.sendEnded) this.#exchanges.removeIfOver(exchange);
    else this.#events.push({ type: 'writable', streamId });
  }

  /** From now on HTTP datagrams are offered to `take` before they become events, while no event waits. */
  offerDatagrams(take: DatagramTaker): void {
    this.#takeDatagram = take;
  }

  /** The payload of a QUIC DATAGRAM frame, which is kept as a view and stays unchanged. */
  receiveDatagram(datagram: Uint8Array): void {
    let streamId: number | undefined;
    try {
      const target = readHttpDatagram(datagram);
      streamId = target.streamId;
      if (this.#closed) return;
      this.#datagrams.receive(streamId, datagram, target.payloadAt);
    } catch (error) {
      this.#failWith(streamId, error);
    }
  }

  #receiveRequestStream(streamId: number, octets: Uint8Array, fin: boolean): void {
    const data = this.#withoutSignal(streamId, octets, fin);
    if (data === undefined) return;
    const exchange = this.#exchangeOf(streamId);
    if (exchange === undefined || exchange.receiveEnded) return;
    exchange.receiving.receive(data, fin);
    if (!fin) return;
    exchange.receiveEnded = true;
    this.#exchanges.removeIfOver(exchange);
  }

  /** The octets of a request; undefined where the stream is, or may still be, one of the extension. */
  #withoutSignal(streamId: number, data: Uint8Array, fin: boolean): Uint8Array | undefined {
    const begins =
      this.role === 'server'
        ? !this.#exchanges.hasBegun(streamId)
        : this.#exchanges.get(streamId) === undefined && streamId % 4 !== 0;
    if (this.#signalled === undefined || !begins) return data;
    const first = this.#signalled.look(streamId, data, fin);
    if (first.kind === 'request') return first.data;
    if (first.kind === 'unknown yet') return undefined;
    if (this.role === 'server') this.#exchanges.begin(streamId);
    this.#extension?.takeStream(streamId, this.#signalled.signal, first.data, fin);
    return undefined;
  }

  /** The exchange of a stream on which something came; the server makes one for a new stream. */
  #exchangeOf(streamId: number): Exchange | undefined {
    const exchange = this.#exchanges.get(streamId);
    if (exchange !== undefined) return exchange;
    if (this.role === 'client') {
      if (streamId % 4 === 0) return undefined;
      throw new Http3ConnectionError('H3_STREAM_CREATION_ERROR', 'a request from a server');
    }
    if (this.#exchanges.hasBegun(streamId)) return undefined;
    this.#exchanges.begin(streamId);
    if (!this.#exchanges.refuses(streamId)) return this.#open(streamId, 'request');
    this.#datagrams.refused(streamId);
    this.#transport.stopSending(streamId, Http3ErrorCode.H3_REQUEST_REJECTED);
    this.#transport.resetStream(streamId, Http3ErrorCode.H3_REQUEST_REJECTED);
    return undefined;
  }

  #open(streamId: number, receives: 'request' | 'response', method = ''): Exchange {
    const exchange: Exchange = {
      streamId,
      receiving: new RequestStream({
        receives,
        method,
        maximumFrame: MAX_HEADERS_FRAME,
        decode: (section) => this.#decoder.decode(streamId, section),
        unknown: (frameType) => this.#signalled?.refuseFrame(frameType),
        take: (event) => {
          this.#events.push({ ...event, streamId });
          if (event.type !== 'request') return;
          exchange.carriesDatagrams = event.request.protocol !== undefined;
          this.#datagrams.requestArrived(exchange);
        },
      }),
      writer: new StreamWriter(this.#transport, streamId),
      carriesDatagrams: false,
      answered: false,
      receiveEnded: false,
      sendEnded: false,
    };
    this.#exchanges.add(exchange);
    return exchange;
  }

  #writeHeaders(exchange: Exchange, fields: readonly Field[], fin: boolean): void {
    exchange.writer.write(encodeFrame(FrameType.headers, encodeFieldSection(fields)), fin);
    if (fin) this.#endSending(exchange);
  }

  #endSending(exchange: Exchange): void {
    exchange.sendEnded = true;
    this.#exchanges.removeIfOver(exchange);
  }

  /** Requests that the server will not look at may be tried elsewhere. RFC 9114 §5.2 */
  #receiveGoaway(id: number): void {
    this.#goawayReceived = true;
    for (const streamId of this.#exchanges.streamIds) {
      if (this.role === 'server' || streamId < id) continue;
      const code = Http3ErrorCode.H3_REQUEST_REJECTED;
      this.cancel(streamId, Http3ErrorCode.H3_REQUEST_CANCELLED);
      this.#events.push({ type: 'reset', streamId, code, by: 'peer', reason: 'GOAWAY' });
    }
    this.#events.push({ type: 'goaway', id });
  }

  #flushDecoder(): void {
    if (this.#closed || this.#local === undefined) return;
    const instructions = this.#decoder.nextInstructions();
    if (instructions !== undefined) this.#local.writeDecoderInstructions(instructions);
  }

  #guard(streamId: number | undefined, receive: () => void): void {
    if (this.#closed) return;
    try {
      receive();
    } catch (error) {
      this.#failWith(streamId, error);
    }
  }

  /** An extension finds that the peer broke a rule which ends the connection. */
  failConnection(error: Http3ConnectionError): void {
    this.#failWith(undefined, error);
  }

  #failWith(streamId: number | undefined, error: unknown): void {
    if (error instanceof Http3ConnectionError || error instanceof QpackError) {
      if (this.#closed) return;
      this.#closed = true;
      this.#transport.close(Http3ErrorCode[error.code], error.message);
    } else if (streamId !== undefined && error instanceof FieldSectionTooLarge) {
      this.failStream(streamId, new Http3StreamError('H3_MESSAGE_ERROR', error.message, 431));
    } else if (streamId !== undefined && error instanceof Http3StreamError) {
      this.failStream(streamId, error);
    } else {
      throw error;
    }
  }

  /**
   * Gives a stream up over an error of the peer, and reports it as reset. A server that has not answered
   * yet answers with the error's status first. RFC 9114 §4.1.2
   */
  failStream(streamId: number, error: Http3StreamError): void {
    const exchange = this.#exchanges.get(streamId);
    if (exchange === undefined) return;
    const code = Http3ErrorCode[error.code];
    const { status, message: reason } = error;
    if (this.role === 'server' && status !== undefined && !exchange.answered) {
      this.respond(streamId, { status, fields: error.fields }, true);
    }
    this.#events.push({ type: 'reset', streamId, code, by: 'local', reason });
    this.cancel(streamId, code);
  }
}

const MAX_HEADERS_FRAME = 65_536;
