import { Http3ConnectionError, Http3StreamError } from './error-code.ts';
import { FrameParser, type FramePiece, FrameType } from './frame.ts';
import {
  parseRequest,
  parseResponse,
  parseTrailers,
  type RequestHead,
  type ResponseHead,
} from './message.ts';
import type { Field } from './qpack/field.ts';

/** What comes out of the receiving side of a request stream. */
export type RequestStreamEvent =
  | { readonly type: 'request'; readonly request: RequestHead }
  /** `interim` for 1xx: the final response follows. */
  | { readonly type: 'response'; readonly response: ResponseHead; readonly interim: boolean }
  | { readonly type: 'data'; readonly data: Uint8Array }
  | { readonly type: 'trailers'; readonly fields: readonly Field[] }
  | { readonly type: 'end' };

/** Which frames may come next. After CONNECT only DATA may. RFC 9114 §4.1, §4.4 */
type Expects = 'head' | 'body' | 'tunnel' | 'end';

/** Fields of a section, decoded. */
export type DecodeFields = (section: Uint8Array) => Field[];

/** The receiving side of one request stream. */
export class RequestStream {
  readonly #receives: 'request' | 'response';
  readonly #decode: DecodeFields;
  readonly #parser: FrameParser;
  #expects: Expects = 'head';
  #bodyOctets = 0;
  #contentLength: number | undefined;
  /** Set by the sender of a CONNECT, so that its 2xx answer opens the tunnel. */
  isConnect = false;

  constructor(receives: 'request' | 'response', decode: DecodeFields, maximumFrame: number) {
    this.#receives = receives;
    this.#decode = decode;
    this.#parser = new FrameParser(maximumFrame);
  }

  /** @throws {Http3ConnectionError} @throws {Http3StreamError} */
  receive(data: Uint8Array, fin: boolean, take: (event: RequestStreamEvent) => void): void {
    this.#parser.push(data, (piece) => this.#piece(piece, take));
    if (fin) this.#finish(take);
  }

  #piece(piece: FramePiece, take: (event: RequestStreamEvent) => void): void {
    if (piece.type === 'data') {
      if (this.#expects === 'head' || this.#expects === 'end') {
        throw new Http3ConnectionError('H3_FRAME_UNEXPECTED', 'DATA outside a body');
      }
      this.#bodyOctets += piece.data.length;
      if (piece.data.length > 0) take({ type: 'data', data: piece.data });
      return;
    }
    if (piece.frameType !== FrameType.headers || this.#expects === 'tunnel') {
      throw new Http3ConnectionError(
        'H3_FRAME_UNEXPECTED',
        `frame type ${piece.frameType} on a request stream`,
      );
    }
    this.#headers(this.#decode(piece.payload), take);
  }

  #headers(fields: Field[], take: (event: RequestStreamEvent) => void): void {
    switch (this.#expects) {
      case 'head':
        if (this.#receives === 'request') this.#request(fields, take);
        else this.#response(fields, take);
        return;
      case 'body':
        this.#expects = 'end';
        take({ type: 'trailers', fields: parseTrailers(fields) });
        return;
      default:
        throw new Http3ConnectionError('H3_FRAME_UNEXPECTED', 'HEADERS behind the trailers');
    }
  }

  #request(fields: Field[], take: (event: RequestStreamEvent) => void): void {
    const request = parseRequest(fields);
    this.isConnect = request.method === 'CONNECT';
    this.#expects = this.isConnect ? 'tunnel' : 'body';
    if (!this.isConnect) this.#contentLength = contentLength(request.fields);
    take({ type: 'request', request });
  }

  #response(fields: Field[], take: (event: RequestStreamEvent) => void): void {
    const response = parseResponse(fields);
    const interim = response.status < 200;
    if (!interim) {
      const tunnel = this.isConnect && response.status < 300;
      this.#expects = tunnel ? 'tunnel' : 'body';
      if (!tunnel) this.#contentLength = contentLength(response.fields);
    }
    take({ type: 'response', response, interim });
  }

  #finish(take: (event: RequestStreamEvent) => void): void {
    if (!this.#parser.betweenFrames) {
      throw new Http3ConnectionError('H3_FRAME_ERROR', 'the stream ends inside a frame');
    }
    if (this.#expects === 'head') {
      throw new Http3StreamError('H3_REQUEST_INCOMPLETE', 'the stream ends before its message');
    }
    // RFC 9114 §4.1.2
    if (this.#contentLength !== undefined && this.#contentLength !== this.#bodyOctets) {
      throw new Http3StreamError('H3_MESSAGE_ERROR', 'the body is not as long as content-length');
    }
    take({ type: 'end' });
  }
}

function contentLength(fields: readonly Field[]): number | undefined {
  const values = fields.filter((field) => field.name === 'content-length');
  const first = values[0]?.value;
  if (first === undefined) return undefined;
  if (!/^\d{1,15}$/.test(first) || values.some((field) => field.value !== first)) {
    throw new Http3StreamError('H3_MESSAGE_ERROR', 'content-length', 400);
  }
  return Number(first);
}
