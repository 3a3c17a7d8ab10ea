import { Http3ErrorCode } from '../error-code.ts';
import type { StreamExtension } from '../stream-extension.ts';
import { StreamWriter } from '../stream-writer.ts';
import type { Http3Transport } from '../transport.ts';
import {
  applicationToHttp3Error,
  http3ToApplicationError,
  WebTransportErrorCode,
} from './application-error.ts';
import type { DataStream } from './data-stream.ts';
import { type EarlyStream, EarlyStreams } from './early-streams.ts';
import {
  BIDIRECTIONAL_SIGNAL,
  readSessionId,
  streamHeader,
  UNIDIRECTIONAL_TYPE,
} from './stream-header.ts';
import type { WebTransportEvent } from './webtransport-event.ts';

/** What a session ID stands for now: none opens any more where it is `gone`. */
export type SessionStanding = 'open' | 'expected' | 'gone';

export interface DataStreamsOptions {
  readonly transport: Http3Transport;
  /** Streams kept that overtook their session. */
  readonly earlyLimit: number;
  /** Up to date with all that came before. */
  readonly standing: (sessionId: number) => SessionStanding;
  readonly emit: (event: WebTransportEvent) => void;
}

/** The streams of all sessions of a connection. WT-07 §4 */
export class DataStreams implements StreamExtension {
  readonly signal: number = BIDIRECTIONAL_SIGNAL;
  readonly #options: DataStreamsOptions;
  readonly #transport: Http3Transport;
  /** Session IDs that are not whole yet, at most 7 octets each. */
  readonly #arriving = new Map<number, Uint8Array>();
  readonly #early: EarlyStreams;
  readonly #streams = new Map<number, DataStream>();

  constructor(options: DataStreamsOptions) {
    this.#options = options;
    this.#transport = options.transport;
    this.#early = new EarlyStreams(options.earlyLimit);
  }

  /** Streams that overtook their session and found no place. */
  get rejected(): number {
    return this.#early.rejected;
  }

  /** Whether octets of the stream are of use now; those of an early stream stay with QUIC. */
  mayReceive(streamId: number): boolean {
    return this.#early.get(streamId) === undefined;
  }

  /** Opens a stream and queues its header; undefined while the peer allows none. */
  open(sessionId: number, direction: 'bidi' | 'uni'): number | undefined {
    const streamId = this.#transport.openStream(direction);
    if (streamId === undefined) return undefined;
    const writer = new StreamWriter(this.#transport, streamId);
    const receiving = direction === 'bidi';
    this.#streams.set(streamId, { streamId, sessionId, writer, receiving, sending: true });
    writer.write(streamHeader(direction, sessionId), false);
    return streamId;
  }

  /** Returns how many octets were taken; `fin` is where all were. An end without octets is taken always. */
  write(streamId: number, data: Uint8Array, fin: boolean): number {
    const stream = this.#streams.get(streamId);
    if (stream?.writer === undefined || !stream.sending) return 0;
    if (data.length > 0 && !stream.writer.idle) return 0;
    if (data.length === 0 && !fin) return 0;
    const taken = this.#writeNow(stream.writer, data, fin);
    if (fin && taken === data.length) {
      stream.sending = false;
      this.#forgetIfOver(stream);
    }
    return taken;
  }

  /** Gives up sending. @param code 0 to 2^32-1 */
  reset(streamId: number, code: number): void {
    const stream = this.#streams.get(streamId);
    if (stream !== undefined) this.#stopWriting(stream, applicationToHttp3Error(code));
  }

  /** Wants no more. @param code 0 to 2^32-1 */
  stopSending(streamId: number, code: number): void {
    const stream = this.#streams.get(streamId);
    if (stream !== undefined) this.#stopReading(stream, applicationToHttp3Error(code));
  }

  /** What came too early for the session is told now. */
  sessionOpened(sessionId: number): void {
    for (const early of this.#early.take(sessionId)) this.#admitEarly(early);
  }

  /** Aborts all streams of the session. WT-07 §5 */
  sessionGone(sessionId: number): void {
    const { sessionGone } = WebTransportErrorCode;
    for (const { streamId } of this.#early.take(sessionId)) this.#reject(streamId, sessionGone);
    for (const stream of [...this.#streams.values()]) {
      if (stream.sessionId !== sessionId) continue;
      this.#stopWriting(stream, sessionGone);
      this.#stopReading(stream, sessionGone);
    }
  }

  takeStream(streamId: number, type: number, data: Uint8Array, fin: boolean): boolean {
    const expected = streamId % 4 >= 2 ? UNIDIRECTIONAL_TYPE : BIDIRECTIONAL_SIGNAL;
    if (type !== expected) return false;
    this.#arrive(streamId, NOTHING, data, fin);
    return true;
  }

  owns(streamId: number): boolean {
    return (
      this.#streams.has(streamId) ||
      this.#arriving.has(streamId) ||
      this.#early.get(streamId) !== undefined
    );
  }

  receiveStream(streamId: number, data: Uint8Array, fin: boolean): void {
    const stream = this.#streams.get(streamId);
    if (stream !== undefined) {
      this.#receive(stream, data, fin);
      return;
    }
    const early = this.#early.get(streamId);
    if (early !== undefined) {
      early.data.push(data);
      early.fin = fin;
      return;
    }
    this.#arrive(streamId, this.#arriving.get(streamId) ?? NOTHING, data, fin);
  }

  streamReset(streamId: number, code: number): void {
    const stream = this.#streams.get(streamId);
    if (stream === undefined) {
      this.#arriving.delete(streamId);
      this.#early.forget(streamId);
      if (isBidirectional(streamId)) this.#transport.resetStream(streamId, code);
    } else if (stream.receiving) {
      stream.receiving = false;
      const known = http3ToApplicationError(code);
      this.#options.emit({ type: 'stream_reset', streamId, code: known });
      this.#forgetIfOver(stream);
    }
  }

  streamStopped(streamId: number, code: number): void {
    const early = this.#early.get(streamId);
    if (early !== undefined) early.stopped = code;
    const stream = this.#streams.get(streamId);
    if (stream !== undefined) this.#stopped(stream, code);
  }

  streamWritable(streamId: number): void {
    const stream = this.#streams.get(streamId);
    if (stream?.writer === undefined) return;
    stream.writer.flush();
    if (!stream.writer.idle) return;
    if (stream.sending) this.#options.emit({ type: 'stream_writable', streamId });
    else this.#forgetIfOver(stream);
  }

  /** Octets of a stream of which only a part of the session ID, `held`, came before. */
  #arrive(streamId: number, held: Uint8Array, data: Uint8Array, fin: boolean): void {
    const read = readSessionId(held, data);
    if (read.sessionId === undefined) {
      if (fin) this.#reject(streamId, Http3ErrorCode.H3_STREAM_CREATION_ERROR);
      else this.#arriving.set(streamId, read.held);
      return;
    }
    this.#arriving.delete(streamId);
    const { sessionId, rest } = read;
    switch (this.#options.standing(sessionId)) {
      case 'open':
        this.#admit(streamId, sessionId, [rest], fin);
        return;
      case 'expected':
        if (this.#early.keep(streamId, sessionId, rest, fin)) return;
        this.#reject(streamId, WebTransportErrorCode.bufferedStreamRejected);
        return;
      case 'gone':
        this.#reject(streamId, WebTransportErrorCode.sessionGone);
    }
  }

  #admitEarly({ streamId, sessionId, data, fin, stopped }: EarlyStream): void {
    this.#admit(streamId, sessionId, data, fin);
    const stream = this.#streams.get(streamId);
    if (stopped !== undefined && stream !== undefined) this.#stopped(stream, stopped);
  }

  #admit(streamId: number, sessionId: number, data: readonly Uint8Array[], fin: boolean): void {
    const bidi = isBidirectional(streamId);
    const writer = bidi ? new StreamWriter(this.#transport, streamId) : undefined;
    const stream = { streamId, sessionId, writer, receiving: true, sending: bidi };
    this.#streams.set(streamId, stream);
    const direction = bidi ? 'bidi' : 'uni';
    this.#options.emit({ type: 'stream_opened', sessionId, streamId, direction });
    const pieces = data.filter(({ length }) => length > 0);
    pieces.forEach((piece, i) => {
      this.#receive(stream, piece, fin && i === pieces.length - 1);
    });
    if (fin && pieces.length === 0) this.#receive(stream, NOTHING, true);
  }

  #receive(stream: DataStream, data: Uint8Array, fin: boolean): void {
    if (!stream.receiving) return;
    const { streamId } = stream;
    if (data.length > 0 || fin) this.#options.emit({ type: 'stream_data', streamId, data, fin });
    if (!fin) return;
    stream.receiving = false;
    this.#forgetIfOver(stream);
  }

  /** QUIC has answered STOP_SENDING already. RFC 9000 §3.5 */
  #stopped(stream: DataStream, code: number): void {
    if (!stream.sending) return;
    stream.writer?.discard();
    stream.sending = false;
    const known = http3ToApplicationError(code);
    this.#options.emit({ type: 'stream_stopped', streamId: stream.streamId, code: known });
    this.#forgetIfOver(stream);
  }

  #writeNow(writer: StreamWriter, data: Uint8Array, fin: boolean): number {
    if (writer.idle) return this.#transport.writeStream(writer.streamId, data, fin);
    writer.write(data, fin);
    return data.length;
  }

  /** RESET_STREAM: with RESET_STREAM_AT, which is not there, the header could be kept. WT-16 §4.4 */
  #stopWriting(stream: DataStream, code: number): void {
    const { writer } = stream;
    if (writer === undefined || (!stream.sending && writer.idle)) return;
    writer.discard();
    stream.sending = false;
    this.#transport.resetStream(stream.streamId, code);
    this.#forgetIfOver(stream);
  }

  #stopReading(stream: DataStream, code: number): void {
    if (!stream.receiving) return;
    stream.receiving = false;
    this.#transport.stopSending(stream.streamId, code);
    this.#forgetIfOver(stream);
  }

  #reject(streamId: number, code: number): void {
    this.#transport.stopSending(streamId, code);
    if (isBidirectional(streamId)) this.#transport.resetStream(streamId, code);
  }

  #forgetIfOver(stream: DataStream): void {
    const sent = !stream.sending && stream.writer?.idle !== false;
    if (sent && !stream.receiving) this.#streams.delete(stream.streamId);
  }
}

function isBidirectional(streamId: number): boolean {
  return streamId % 4 < 2;
}

const NOTHING = new Uint8Array();
