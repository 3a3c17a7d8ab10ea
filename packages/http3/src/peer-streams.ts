import { ByteReader, readVarint, UnexpectedEnd, VarintTooLarge } from '@mpquic/wire';
import { Http3ConnectionError } from './error-code.ts';
import { FrameParser, FrameType } from './frame.ts';
import type { QpackDecoder } from './qpack/decoder.ts';
import { DecoderInstructions } from './qpack/decoder-instructions.ts';
import { decodeSettings, type Http3Settings } from './settings.ts';

/** Types of unidirectional streams. RFC 9114 §6.2, RFC 9204 §4.2 */
export const StreamType = {
  control: 0x00,
  push: 0x01,
  qpackEncoder: 0x02,
  qpackDecoder: 0x03,
} as const;

const CRITICAL: ReadonlySet<number> = new Set([
  StreamType.control,
  StreamType.qpackEncoder,
  StreamType.qpackDecoder,
]);

const MAX_CONTROL_FRAME = 16_384;

export interface PeerStreamsHandler {
  settings(settings: Http3Settings): void;
  goaway(id: number): void;
  /** A frame on the control stream that HTTP/3 alone does not know. It may throw. */
  unknownFrame(frameType: number): void;
  /**
   * A stream of a type that HTTP/3 alone does not know, from behind the type on: who returns true takes it
   * over for good; false where nobody wants it.
   */
  extensionStream(streamId: number, type: number, data: Uint8Array, fin: boolean): boolean;
}

/** What a unidirectional stream of the peer turned out to be. */
type Kind =
  | { readonly kind: 'unknown yet'; header: Uint8Array }
  | { readonly kind: 'control'; readonly parser: FrameParser }
  | { readonly kind: 'encoder' }
  | { readonly kind: 'decoder'; readonly instructions: DecoderInstructions }
  | { readonly kind: 'extension'; readonly type: number }
  /** Of no use; its sender was asked to stop. */
  | { readonly kind: 'ignored' };

/** The peer's unidirectional streams: control, QPACK, and what extensions add. RFC 9114 §6.2 */
export class PeerStreams {
  readonly #role: 'client' | 'server';
  readonly #decoder: QpackDecoder;
  readonly #handler: PeerStreamsHandler;
  readonly #streams = new Map<number, Kind>();
  readonly #seen = new Set<number>();
  #hasSettings = false;
  #lastGoaway = Number.POSITIVE_INFINITY;
  #lastMaxPushId = 0;

  constructor(role: 'client' | 'server', decoder: QpackDecoder, handler: PeerStreamsHandler) {
    this.#role = role;
    this.#decoder = decoder;
    this.#handler = handler;
  }

  /** Returns false where the stream is of no use, so that its sender is to be stopped. */
  receive(streamId: number, data: Uint8Array, fin: boolean): boolean {
    let kind = this.#streams.get(streamId) ?? { kind: 'unknown yet', header: new Uint8Array() };
    let rest = data;
    if (kind.kind === 'unknown yet') {
      const identified = this.#identify(kind.header, data);
      kind = identified.kind;
      rest = identified.rest;
      this.#streams.set(streamId, kind);
    }
    const wanted = this.#deliver(streamId, kind, rest, fin);
    if (wanted && kind.kind === 'extension') this.#streams.delete(streamId);
    else if (fin) this.#end(streamId, kind);
    else if (!wanted) this.#streams.set(streamId, { kind: 'ignored' });
    return wanted;
  }

  /** The peer reset the stream. @throws {Http3ConnectionError} where it is a critical one */
  reset(streamId: number): void {
    const kind = this.#streams.get(streamId);
    if (kind !== undefined) this.#end(streamId, kind);
  }

  #identify(held: Uint8Array, data: Uint8Array): { kind: Kind; rest: Uint8Array } {
    const header = new Uint8Array(held.length + Math.min(data.length, 8));
    header.set(held);
    header.set(data.subarray(0, header.length - held.length), held.length);
    const length = header.length === 0 ? 1 : 1 << ((header[0] as number) >> 6);
    if (header.length < length) return { kind: { kind: 'unknown yet', header }, rest: NOTHING };
    const rest = data.subarray(length - held.length);
    return { kind: this.#kindOf(streamType(header, length)), rest };
  }

  #kindOf(type: number): Kind {
    if (CRITICAL.has(type)) {
      if (this.#seen.has(type)) {
        throw new Http3ConnectionError(
          'H3_STREAM_CREATION_ERROR',
          `a second stream of type ${type}`,
        );
      }
      this.#seen.add(type);
    }
    switch (type) {
      case StreamType.control:
        return { kind: 'control', parser: this.#controlParser() };
      case StreamType.qpackEncoder:
        return { kind: 'encoder' };
      case StreamType.qpackDecoder:
        return { kind: 'decoder', instructions: new DecoderInstructions() };
      case StreamType.push:
        // No MAX_PUSH_ID is ever sent, so no push can be legal. RFC 9114 §4.6, §6.2.2
        throw this.#role === 'server'
          ? new Http3ConnectionError('H3_STREAM_CREATION_ERROR', 'a push stream from a client')
          : new Http3ConnectionError('H3_ID_ERROR', 'a push stream that nobody allowed');
      default:
        return { kind: 'extension', type };
    }
  }

  #deliver(streamId: number, kind: Kind, data: Uint8Array, fin: boolean): boolean {
    switch (kind.kind) {
      case 'unknown yet':
      case 'ignored':
        return true;
      case 'control':
        kind.parser.push(data);
        return true;
      case 'encoder':
        this.#decoder.receiveInstructions(data);
        return true;
      case 'decoder':
        kind.instructions.receive(data);
        return true;
      case 'extension':
        return this.#handler.extensionStream(streamId, kind.type, data, fin);
    }
  }

  #controlParser(): FrameParser {
    return new FrameParser(MAX_CONTROL_FRAME, {
      data: () => {
        this.#requireSettings(FrameType.data);
        unexpected('DATA');
      },
      frame: (frameType, payload) => this.#controlFrame(frameType, payload),
      unknown: (frameType) => {
        this.#requireSettings(frameType);
        this.#handler.unknownFrame(frameType);
      },
    });
  }

  #requireSettings(frameType: number): void {
    if (!this.#hasSettings && frameType !== FrameType.settings) {
      throw new Http3ConnectionError('H3_MISSING_SETTINGS', 'the first frame is not SETTINGS');
    }
  }

  #controlFrame(frameType: number, payload: Uint8Array): void {
    this.#requireSettings(frameType);
    switch (frameType) {
      case FrameType.settings:
        if (this.#hasSettings) unexpected('a second SETTINGS');
        this.#hasSettings = true;
        this.#handler.settings(decodeSettings(payload));
        return;
      case FrameType.goaway:
        this.#goaway(soleInteger(payload));
        return;
      case FrameType.maxPushId:
        if (this.#role === 'client') unexpected('MAX_PUSH_ID from a server');
        this.#maxPushId(soleInteger(payload));
        return;
      case FrameType.cancelPush:
        soleInteger(payload);
        throw new Http3ConnectionError('H3_ID_ERROR', 'CANCEL_PUSH of a push that never was');
      default:
        unexpected(`frame type ${frameType}`);
    }
  }

  /** RFC 9114 §5.2 */
  #goaway(id: number): void {
    if (this.#role === 'client' && id % 4 !== 0) {
      throw new Http3ConnectionError('H3_ID_ERROR', 'GOAWAY with no request stream');
    }
    if (id > this.#lastGoaway) throw new Http3ConnectionError('H3_ID_ERROR', 'GOAWAY grew');
    this.#lastGoaway = id;
    this.#handler.goaway(id);
  }

  /** RFC 9114 §7.2.7 */
  #maxPushId(id: number): void {
    if (id < this.#lastMaxPushId) throw new Http3ConnectionError('H3_ID_ERROR', 'MAX_PUSH_ID fell');
    this.#lastMaxPushId = id;
  }

  #end(streamId: number, kind: Kind): void {
    this.#streams.delete(streamId);
    const critical = kind.kind === 'control' || kind.kind === 'encoder' || kind.kind === 'decoder';
    if (critical) {
      throw new Http3ConnectionError('H3_CLOSED_CRITICAL_STREAM', `the ${kind.kind} stream ended`);
    }
  }
}

const NOTHING = new Uint8Array();

function streamType(header: Uint8Array, length: number): number {
  try {
    return readVarint(header, 0, length);
  } catch (error) {
    if (error instanceof VarintTooLarge) return Number.MAX_SAFE_INTEGER;
    throw error;
  }
}

function soleInteger(payload: Uint8Array): number {
  const reader = new ByteReader(payload);
  try {
    const value = reader.varintSaturating();
    if (reader.remaining === 0) return value;
  } catch (error) {
    if (!(error instanceof UnexpectedEnd)) throw error;
  }
  throw new Http3ConnectionError('H3_FRAME_ERROR', 'a frame of one integer has another length');
}

function unexpected(what: string): never {
  throw new Http3ConnectionError('H3_FRAME_UNEXPECTED', `${what} on the control stream`);
}
