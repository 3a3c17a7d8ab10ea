import { UsageError } from '@mpquic/wire';
import { DatagramDelivery } from './datagram-delivery.ts';
import { Http3ConnectionError, Http3ErrorCode, Http3StreamError } from './error-code.ts';
import { ExchangeSet } from './exchange-set.ts';
import { readHttpDatagram } from './http-datagram.ts';
import type { Http3Event } from './http3-event.ts';
import { type Http3Options, type LocalSettings, localSettings } from './http3-options.ts';
import { LocalStreams } from './local-streams.ts';
import type { RequestHead, ResponseHead } from './message.ts';
import { PeerStreams } from './peer-streams.ts';
import { FieldSectionTooLarge, QpackDecoder, QpackError } from './qpack/decoder.ts';
import { RequestStreams } from './request-streams.ts';
import type { Http3Settings } from './settings.ts';
import { SignalledStreams, type StreamExtension } from './stream-extension.ts';
import type { DatagramRoute, Http3Transport } from './transport.ts';

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
  readonly #requests: RequestStreams;
  readonly #localSettings: LocalSettings;
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
    this.#localSettings = localSettings(options);
    this.#decoder = new QpackDecoder({
      maximumTableCapacity: this.#localSettings.qpackMaxTableCapacity,
      maximumFieldSectionSize: this.#localSettings.maxFieldSectionSize,
    });
    this.#requests = new RequestStreams({
      role: options.role,
      transport: options.transport,
      exchanges: this.#exchanges,
      datagrams: this.#datagrams,
      decoder: this.#decoder,
      resetLimit: options.resetLimit ?? 1_000,
      event: (event) => this.#events.push(event),
      unknownFrame: (frameType) => this.#signalled?.refuseFrame(frameType),
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
    this.#requests.request(streamId, request, fin);
    return streamId;
  }

  /** Server: answers a request. Status 1xx may come any number of times before the final one. */
  respond(streamId: number, response: ResponseHead, fin: boolean): void {
    this.#requests.respond(streamId, response, fin);
  }

  /** Octets of a body or tunnel; returns how many were taken, 0 while earlier ones still wait. */
  sendData(streamId: number, data: Uint8Array, fin: boolean): number {
    return this.#requests.sendData(streamId, data, fin);
  }

  /** As {@link sendData} for what must not be lost, such as capsules: it waits its turn where it must. */
  queueData(streamId: number, data: Uint8Array, fin = false): void {
    this.#requests.queueData(streamId, data, fin);
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
    this.#requests.cancel(streamId, code);
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
        const request = this.#withoutSignal(streamId, data, fin);
        if (request !== undefined) this.#requests.receive(streamId, request, fin);
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
      this.#requests.receiveReset(streamId, code);
    });
    this.#flushDecoder();
  }

  streamStopped(streamId: number, code: number): void {
    this.#guard(streamId, () => {
      if (this.#local?.owns(streamId)) {
        throw new Http3ConnectionError('H3_CLOSED_CRITICAL_STREAM', 'a control stream was stopped');
      }
      if (this.#extension?.owns(streamId)) this.#extension.streamStopped(streamId, code);
      this.#requests.receiveStop(streamId, code);
    });
  }

  streamWritable(streamId: number): void {
    this.#local?.flush(streamId);
    if (this.#extension?.owns(streamId)) this.#extension.streamWritable(streamId);
    this.#requests.writable(streamId);
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

  /** An extension finds that the peer broke a rule which ends the connection. */
  failConnection(error: Http3ConnectionError): void {
    this.#failWith(undefined, error);
  }

  /**
   * Gives a stream up over an error of the peer, and reports it as reset. A server that has not answered
   * yet answers with the error's status first. RFC 9114 §4.1.2
   */
  failStream(streamId: number, error: Http3StreamError): void {
    this.#requests.fail(streamId, error);
    this.#flushDecoder();
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

  #receiveGoaway(id: number): void {
    this.#goawayReceived = true;
    if (this.role === 'client') this.#requests.refusedFrom(id);
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
}
