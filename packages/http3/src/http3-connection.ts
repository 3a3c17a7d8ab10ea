import { ByteWriter } from '@mpquic/wire';
import { Http3ConnectionError, Http3ErrorCode, Http3StreamError } from './error-code.ts';
import { encodeFrame, FrameType, frameHeader } from './frame.ts';
import { datagramOverhead, decodeHttpDatagram, encodeHttpDatagram } from './http-datagram.ts';
import { type RequestHead, type ResponseHead, requestFields, responseFields } from './message.ts';
import { PeerStreams, StreamType } from './peer-streams.ts';
import { FieldSectionTooLarge, QpackDecoder, QpackError } from './qpack/decoder.ts';
import { encodeFieldSection } from './qpack/encoder.ts';
import type { Field } from './qpack/field.ts';
import { RequestStream, type RequestStreamEvent } from './request-stream.ts';
import { defaultSettings, encodeSettings, type Http3Settings } from './settings.ts';
import { type Http3Transport, StreamWriter } from './transport.ts';

export interface Http3Options {
  readonly role: 'client' | 'server';
  readonly transport: Http3Transport;
  /** Octets of a field section that are accepted. Default 16,384. */
  readonly maxFieldSectionSize?: number;
  /** Octets of the peer's dynamic table that are kept. Default 0: static table and literals. */
  readonly qpackMaxTableCapacity?: number;
  /** Settings beyond those of HTTP/3, for extensions. */
  readonly extensionSettings?: ReadonlyMap<bigint, bigint>;
  /** Requests that the peer may reset without an answer before it is stopped as a flood. Default 1,000. */
  readonly resetLimit?: number;
}

export type Http3Event =
  | { readonly type: 'settings'; readonly settings: Http3Settings }
  | (RequestStreamEvent & { readonly streamId: number })
  /** The peer gave up sending, or asks this side to stop sending, with an HTTP/3 code. */
  | { readonly type: 'reset'; readonly streamId: number; readonly code: number }
  | { readonly type: 'stopped'; readonly streamId: number; readonly code: number }
  | { readonly type: 'writable'; readonly streamId: number }
  /** An HTTP datagram of an open request stream, out of a QUIC DATAGRAM frame. */
  | { readonly type: 'datagram'; readonly streamId: number; readonly payload: Uint8Array }
  | { readonly type: 'goaway'; readonly id: number }
  /** A unidirectional stream of a type that an extension may know; `data` is what came so far. */
  | {
      readonly type: 'extension_stream';
      readonly streamId: number;
      readonly streamType: number;
      readonly data: Uint8Array;
      readonly fin: boolean;
    };

interface Exchange {
  readonly receiving: RequestStream;
  readonly writer: StreamWriter;
  receiveEnded: boolean;
  sendEnded: boolean;
}

const MAX_HEADERS_FRAME = 65_536;
const EARLY_DATAGRAMS = 64;

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
  readonly #exchanges = new Map<number, Exchange>();
  readonly #events: Http3Event[] = [];
  readonly #controlWriters: StreamWriter[] = [];
  readonly #earlyDatagrams: { readonly streamId: number; readonly payload: Uint8Array }[] = [];
  readonly #localSettings: Http3Settings;
  readonly #resetLimit: number;
  #peerSettings: Http3Settings | undefined;
  #decoderWriter: StreamWriter | undefined;
  #resetsWithoutAnswer = 0;
  #highestRequest = -1;
  #goawaySent = Number.POSITIVE_INFINITY;
  #goawayReceived = Number.POSITIVE_INFINITY;
  #closed = false;
  #droppedDatagrams = 0;

  constructor(options: Http3Options) {
    this.role = options.role;
    this.#transport = options.transport;
    this.#resetLimit = options.resetLimit ?? 1_000;
    this.#localSettings = {
      ...defaultSettings,
      maxFieldSectionSize: options.maxFieldSectionSize ?? 16_384,
      qpackMaxTableCapacity: options.qpackMaxTableCapacity ?? 0,
      enableConnectProtocol: options.role === 'server',
      h3Datagram: options.transport.maxDatagramSize > 0,
      unknown: options.extensionSettings ?? new Map(),
    };
    this.#decoder = new QpackDecoder({
      maximumTableCapacity: this.#localSettings.qpackMaxTableCapacity,
      maximumFieldSectionSize: this.#localSettings.maxFieldSectionSize ?? MAX_HEADERS_FRAME,
    });
    this.#peerStreams = new PeerStreams(options.role, this.#decoder, {
      settings: (settings) => this.#receiveSettings(settings),
      goaway: (id) => this.#receiveGoaway(id),
      extensionStream: (streamId, streamType, data, fin) => {
        if (this.#localSettings.unknown.size === 0) return false;
        this.#events.push({ type: 'extension_stream', streamId, streamType, data, fin });
        return true;
      },
    });
  }

  /** The peer's settings, once they came. */
  get peerSettings(): Http3Settings | undefined {
    return this.#peerSettings;
  }

  /** HTTP datagrams for streams that are not open, or beyond the cap of those that came early. */
  get droppedDatagrams(): number {
    return this.#droppedDatagrams;
  }

  /** Whether HTTP datagrams may be sent: both sides announced them. RFC 9297 §2.1.1 */
  get datagramsEnabled(): boolean {
    return this.#localSettings.h3Datagram && this.#peerSettings?.h3Datagram === true;
  }

  /** Opens the control and QPACK streams. To be called once the QUIC handshake is complete. */
  start(): void {
    const settings = encodeFrame(FrameType.settings, encodeSettings(this.#localSettings));
    this.#openControl(StreamType.control, settings);
    this.#openControl(StreamType.qpackEncoder, new Uint8Array());
    this.#decoderWriter = this.#openControl(StreamType.qpackDecoder, new Uint8Array());
  }

  nextEvent(): Http3Event | undefined {
    return this.#events.shift();
  }

  /** Client: sends a request head; undefined while the peer allows no stream, or after GOAWAY. */
  request(request: RequestHead, fin: boolean): number | undefined {
    const streamId = this.#transport.openStream('bidi');
    if (streamId === undefined || streamId >= this.#goawayReceived) return undefined;
    const exchange = this.#exchange(streamId, 'response');
    exchange.receiving.isConnect = request.method === 'CONNECT';
    this.#writeHeaders(exchange, requestFields(request), fin);
    return streamId;
  }

  /** Server: answers a request. */
  respond(streamId: number, response: ResponseHead, fin: boolean): void {
    const exchange = this.#exchanges.get(streamId);
    if (exchange !== undefined) this.#writeHeaders(exchange, responseFields(response), fin);
  }

  /** Octets of a body or tunnel; returns how many were taken, 0 while earlier ones still wait. */
  sendData(streamId: number, data: Uint8Array, fin: boolean): number {
    const exchange = this.#exchanges.get(streamId);
    if (exchange === undefined || exchange.sendEnded || !exchange.writer.idle) return 0;
    if (data.length > 0) exchange.writer.write(frameHeader(FrameType.data, data.length), false);
    exchange.writer.write(data, fin);
    if (fin) this.#endSending(streamId, exchange);
    return data.length;
  }

  /** Largest payload of an HTTP datagram of that stream that fits now. */
  maxDatagramSize(streamId: number): number {
    return Math.max(0, this.#transport.maxDatagramSize - datagramOverhead(streamId));
  }

  /** False where the peer takes none, the stream is not open for sending, or it does not fit. */
  sendDatagram(streamId: number, payload: Uint8Array): boolean {
    const exchange = this.#exchanges.get(streamId);
    if (!this.datagramsEnabled || exchange === undefined || exchange.sendEnded) return false;
    return this.#transport.sendDatagram(encodeHttpDatagram(streamId, payload)) !== undefined;
  }

  /** Gives a request up in both directions. */
  cancel(streamId: number, code: number = Http3ErrorCode.H3_REQUEST_CANCELLED): void {
    const exchange = this.#exchanges.get(streamId);
    if (exchange === undefined) return;
    if (!exchange.sendEnded) this.#transport.resetStream(streamId, code);
    if (!exchange.receiveEnded) this.#transport.stopSending(streamId, code);
    exchange.writer.discard();
    this.#exchanges.delete(streamId);
  }

  /** No request from here on is taken; those before go on. RFC 9114 §5.2 */
  goaway(): void {
    const id =
      this.role === 'server' ? this.#highestRequest + 4 - ((this.#highestRequest + 4) % 4) : 0;
    if (id >= this.#goawaySent) return;
    this.#goawaySent = id;
    const payload = new ByteWriter().varint(id).finish();
    this.#controlWriters[0]?.write(encodeFrame(FrameType.goaway, payload), false);
  }

  /** Octets of any stream of the peer, in order. */
  receiveStream(streamId: number, data: Uint8Array, fin: boolean): void {
    this.#guard(streamId, () => {
      if (streamId % 4 >= 2) {
        const wanted = this.#peerStreams.receive(streamId, data, fin);
        if (!wanted) this.#stop(streamId, Http3ErrorCode.H3_STREAM_CREATION_ERROR);
      } else {
        this.#receiveRequestStream(streamId, data, fin);
      }
    });
    this.#flushDecoder();
  }

  streamReset(streamId: number, code: number): void {
    this.#guard(streamId, () => {
      if (streamId % 4 >= 2) this.#peerStreams.reset(streamId);
      const exchange = this.#exchanges.get(streamId);
      if (exchange === undefined) return;
      exchange.receiveEnded = true;
      if (this.role === 'server' && !exchange.sendEnded) this.#countReset();
      this.#events.push({ type: 'reset', streamId, code });
      this.#forget(streamId, exchange);
    });
  }

  streamStopped(streamId: number, code: number): void {
    if (this.#controlWriters.some((writer) => writer.streamId === streamId)) {
      this.#fail(new Http3ConnectionError('H3_CLOSED_CRITICAL_STREAM', 'a control stream stopped'));
      return;
    }
    const exchange = this.#exchanges.get(streamId);
    if (exchange === undefined) return;
    exchange.writer.discard();
    this.#endSending(streamId, exchange);
    this.#events.push({ type: 'stopped', streamId, code });
  }

  streamWritable(streamId: number): void {
    for (const writer of this.#controlWriters) if (writer.streamId === streamId) writer.flush();
    const exchange = this.#exchanges.get(streamId);
    if (exchange === undefined) return;
    exchange.writer.flush();
    if (exchange.writer.idle) this.#events.push({ type: 'writable', streamId });
  }

  receiveDatagram(datagram: Uint8Array): void {
    this.#guard(undefined, () => {
      const { streamId, payload } = decodeHttpDatagram(datagram);
      const exchange = this.#exchanges.get(streamId);
      if (exchange !== undefined && !exchange.receiveEnded) {
        this.#events.push({ type: 'datagram', streamId, payload });
      } else if (
        exchange === undefined &&
        streamId > this.#highestRequest &&
        this.role === 'server'
      ) {
        this.#keepEarly(streamId, payload);
      } else {
        this.#droppedDatagrams += 1;
      }
    });
  }

  /** A datagram may overtake the request that opens its stream. RFC 9297 §2.1 */
  #keepEarly(streamId: number, payload: Uint8Array): void {
    if (this.#earlyDatagrams.length >= EARLY_DATAGRAMS) this.#droppedDatagrams += 1;
    else this.#earlyDatagrams.push({ streamId, payload: payload.slice() });
  }

  #receiveRequestStream(streamId: number, data: Uint8Array, fin: boolean): void {
    let exchange = this.#exchanges.get(streamId);
    if (exchange === undefined) {
      if (this.role === 'client') {
        if (streamId % 2 === 0) return;
        throw new Http3ConnectionError('H3_STREAM_CREATION_ERROR', 'a request from a server');
      }
      if (streamId <= this.#highestRequest) return;
      exchange = this.#accept(streamId);
      if (exchange === undefined) return;
    }
    exchange.receiving.receive(data, fin, (event) => {
      this.#events.push({ ...event, streamId });
      if (event.type === 'request') this.#replayEarly(streamId);
    });
    if (fin) {
      exchange.receiveEnded = true;
      this.#forget(streamId, exchange);
    }
  }

  #accept(streamId: number): Exchange | undefined {
    this.#highestRequest = Math.max(this.#highestRequest, streamId);
    if (streamId >= this.#goawaySent) {
      this.#stop(streamId, Http3ErrorCode.H3_REQUEST_REJECTED);
      this.#transport.resetStream(streamId, Http3ErrorCode.H3_REQUEST_REJECTED);
      return undefined;
    }
    return this.#exchange(streamId, 'request');
  }

  #replayEarly(streamId: number): void {
    for (let i = 0; i < this.#earlyDatagrams.length; ) {
      const early = this.#earlyDatagrams[i];
      if (early === undefined || early.streamId > streamId) i += 1;
      else {
        this.#earlyDatagrams.splice(i, 1);
        if (early.streamId === streamId) this.#events.push({ type: 'datagram', ...early });
        else this.#droppedDatagrams += 1;
      }
    }
  }

  #exchange(streamId: number, receives: 'request' | 'response'): Exchange {
    const decode = (section: Uint8Array): Field[] => this.#decoder.decode(streamId, section);
    const exchange: Exchange = {
      receiving: new RequestStream(receives, decode, MAX_HEADERS_FRAME),
      writer: new StreamWriter(this.#transport, streamId),
      receiveEnded: false,
      sendEnded: false,
    };
    this.#exchanges.set(streamId, exchange);
    return exchange;
  }

  #writeHeaders(exchange: Exchange, fields: readonly Field[], fin: boolean): void {
    exchange.writer.write(encodeFrame(FrameType.headers, encodeFieldSection(fields)), fin);
    if (fin) this.#endSending(exchange.writer.streamId, exchange);
  }

  #endSending(streamId: number, exchange: Exchange): void {
    exchange.sendEnded = true;
    this.#forget(streamId, exchange);
  }

  #forget(streamId: number, exchange: Exchange): void {
    const done = exchange.receiveEnded && exchange.sendEnded && exchange.writer.idle;
    if (done) this.#exchanges.delete(streamId);
  }

  #receiveSettings(settings: Http3Settings): void {
    if (settings.h3Datagram && this.#transport.maxDatagramSize === 0) {
      throw new Http3ConnectionError('H3_SETTINGS_ERROR', 'H3_DATAGRAM without QUIC datagrams');
    }
    this.#peerSettings = settings;
    this.#events.push({ type: 'settings', settings });
  }

  #receiveGoaway(id: number): void {
    this.#goawayReceived = id;
    this.#events.push({ type: 'goaway', id });
  }

  #openControl(type: number, first: Uint8Array): StreamWriter | undefined {
    const streamId = this.#transport.openStream('uni');
    if (streamId === undefined) {
      this.#fail(new Http3ConnectionError('H3_GENERAL_PROTOCOL_ERROR', 'no stream for control'));
      return undefined;
    }
    const writer = new StreamWriter(this.#transport, streamId);
    this.#controlWriters.push(writer);
    writer.write(new ByteWriter(first.length + 8).varint(type).bytes(first).finish(), false);
    return writer;
  }

  #flushDecoder(): void {
    const instructions = this.#decoder.nextInstructions();
    if (instructions !== undefined) this.#decoderWriter?.write(instructions, false);
  }

  /** RFC 9114 §10.5: requests that come only to be reset. */
  #countReset(): void {
    this.#resetsWithoutAnswer += 1;
    if (this.#resetsWithoutAnswer > this.#resetLimit) {
      throw new Http3ConnectionError('H3_EXCESSIVE_LOAD', 'too many requests were reset');
    }
  }

  #stop(streamId: number, code: number): void {
    this.#transport.stopSending(streamId, code);
  }

  #guard(streamId: number | undefined, receive: () => void): void {
    if (this.#closed) return;
    try {
      receive();
    } catch (error) {
      if (error instanceof Http3ConnectionError || error instanceof QpackError) this.#fail(error);
      else if (streamId !== undefined && isStreamError(error)) this.#failStream(streamId, error);
      else throw error;
    }
  }

  #fail(error: Http3ConnectionError | QpackError): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#transport.close(Http3ErrorCode[error.code], error.message);
  }

  /** A server answers where it still can; either way the stream is given up. RFC 9114 §4.1.2 */
  #failStream(streamId: number, error: Http3StreamError | FieldSectionTooLarge): void {
    const tooLarge = error instanceof FieldSectionTooLarge;
    const code = Http3ErrorCode[tooLarge ? 'H3_MESSAGE_ERROR' : error.code];
    const status = tooLarge ? 431 : error.status;
    const exchange = this.#exchanges.get(streamId);
    this.#events.push({ type: 'reset', streamId, code });
    if (exchange !== undefined && this.role === 'server' && status !== undefined) {
      this.respond(streamId, { status, fields: [] }, true);
    }
    this.cancel(streamId, code);
    this.#stop(streamId, code);
  }
}

function isStreamError(error: unknown): error is Http3StreamError | FieldSectionTooLarge {
  return error instanceof Http3StreamError || error instanceof FieldSectionTooLarge;
}
