import { Http3ConnectionError, Http3StreamError } from './error-code.ts';
import { FrameParser, FrameType } from './frame.ts';
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

export interface RequestStreamOptions {
  readonly receives: 'request' | 'response';
  readonly decode: DecodeFields;
  /** Octets of the largest HEADERS frame that is kept. */
  readonly maximumFrame: number;
  readonly take: (event: RequestStreamEvent) => void;
  /** A frame of an unknown type begins. It may throw. */
  readonly unknown?: (frameType: number) => void;
  /** Method of the request, for the side that receives its response. */
  readonly method?: string;
}

/** The receiving side of one request stream. */
export class RequestStream {
  readonly #options: RequestStreamOptions;
  readonly #parser: FrameParser;
  #method: string;
  #expects: Expects = 'head';
  #bodyOctets = 0;
  #contentLength: number | undefined;

  constructor(options: RequestStreamOptions) {
    this.#options = options;
    this.#method = options.method ?? '';
    this.#parser = new FrameParser(options.maximumFrame, {
      frame: (frameType, payload) => this.#frame(frameType, payload),
      data: (piece) => this.#data(piece),
      unknown: (frameType) => options.unknown?.(frameType),
    });
  }

  /** Whether no head came yet. */
  get awaitsHead(): boolean {
    return this.#expects === 'head';
  }

  /** @throws {Http3ConnectionError} @throws {Http3StreamError} */
  receive(data: Uint8Array, fin: boolean): void {
    this.#parser.push(data);
    if (fin) this.#finish();
  }

  #data(piece: Uint8Array): void {
    if (this.#expects === 'head' || this.#expects === 'end') {
      throw new Http3ConnectionError('H3_FRAME_UNEXPECTED', 'DATA outside a body');
    }
    this.#bodyOctets += piece.length;
    if (piece.length > 0) this.#options.take({ type: 'data', data: piece });
  }

  #frame(frameType: number, payload: Uint8Array): void {
    const { receives, decode } = this.#options;
    if (frameType === FrameType.pushPromise && receives === 'response') {
      // No MAX_PUSH_ID is ever sent, so that every push ID is too large. RFC 9114 §7.2.5
      throw new Http3ConnectionError('H3_ID_ERROR', 'a push that nobody allowed');
    }
    if (frameType !== FrameType.headers) {
      throw new Http3ConnectionError(
        'H3_FRAME_UNEXPECTED',
        `frame type ${frameType} on a request stream`,
      );
    }
    this.#headers(decode(payload));
  }

  #headers(fields: Field[]): void {
    switch (this.#expects) {
      case 'head':
        if (this.#options.receives === 'request') this.#request(fields);
        else this.#response(fields);
        return;
      case 'body':
        this.#expects = 'end';
        this.#options.take({ type: 'trailers', fields: parseTrailers(fields) });
        return;
      case 'tunnel':
      case 'end':
        throw new Http3ConnectionError('H3_FRAME_UNEXPECTED', 'HEADERS where none may come');
    }
  }

  #request(fields: Field[]): void {
    const request = parseRequest(fields);
    this.#method = request.method;
    this.#expects = this.#method === 'CONNECT' ? 'tunnel' : 'body';
    if (this.#expects === 'body') this.#contentLength = contentLength(request.fields);
    this.#options.take({ type: 'request', request });
  }

  #response(fields: Field[]): void {
    const response = parseResponse(fields);
    const { status } = response;
    if (status >= 200) {
      const tunnel = this.#method === 'CONNECT' && status < 300;
      this.#expects = tunnel ? 'tunnel' : 'body';
      // What has no content says how long it would be. RFC 9110 §8.6
      const empty = this.#method === 'HEAD' || status === 304;
      if (!tunnel && !empty) this.#contentLength = contentLength(response.fields);
    }
    this.#options.take({ type: 'response', response, interim: status < 200 });
  }

  #finish(): void {
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
    this.#options.take({ type: 'end' });
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
