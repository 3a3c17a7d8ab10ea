import type { Field } from './qpack/field.ts';

/** Application error codes of HTTP/3, QPACK and HTTP datagrams. RFC 9114 §8.1, RFC 9204 §6, RFC 9297 §5.2 */
export const Http3ErrorCode = {
  H3_DATAGRAM_ERROR: 0x33,
  H3_NO_ERROR: 0x100,
  H3_GENERAL_PROTOCOL_ERROR: 0x101,
  H3_INTERNAL_ERROR: 0x102,
  H3_STREAM_CREATION_ERROR: 0x103,
  H3_CLOSED_CRITICAL_STREAM: 0x104,
  H3_FRAME_UNEXPECTED: 0x105,
  H3_FRAME_ERROR: 0x106,
  H3_EXCESSIVE_LOAD: 0x107,
  H3_ID_ERROR: 0x108,
  H3_SETTINGS_ERROR: 0x109,
  H3_MISSING_SETTINGS: 0x10a,
  H3_REQUEST_REJECTED: 0x10b,
  H3_REQUEST_CANCELLED: 0x10c,
  H3_REQUEST_INCOMPLETE: 0x10d,
  H3_MESSAGE_ERROR: 0x10e,
  H3_CONNECT_ERROR: 0x10f,
  H3_VERSION_FALLBACK: 0x110,
  QPACK_DECOMPRESSION_FAILED: 0x200,
  QPACK_ENCODER_STREAM_ERROR: 0x201,
  QPACK_DECODER_STREAM_ERROR: 0x202,
} as const;
export type Http3ErrorName = keyof typeof Http3ErrorCode;

const NAMES: ReadonlyMap<number, Http3ErrorName> = new Map(
  Object.entries(Http3ErrorCode).map(([name, code]) => [code, name as Http3ErrorName]),
);

/** The name of a code, or its number where it has none. */
export function http3ErrorName(code: number): string {
  return NAMES.get(code) ?? `0x${code.toString(16)}`;
}

/** The peer broke a rule that ends the whole connection. RFC 9114 §8 */
export class Http3ConnectionError extends Error {
  override readonly name = 'Http3ConnectionError';
  readonly code: Http3ErrorName;

  constructor(code: Http3ErrorName, reason: string) {
    super(reason);
    this.code = code;
  }
}

/** The peer broke a rule that ends one stream only. RFC 9114 §8 */
export class Http3StreamError extends Error {
  override readonly name = 'Http3StreamError';
  readonly code: Http3ErrorName;
  /** The status that a server answers before it gives the stream up, where one can still be sent. */
  readonly status: number | undefined;
  /** Fields of that answer. */
  readonly fields: readonly Field[];

  constructor(
    code: Http3ErrorName,
    reason: string,
    status?: number,
    fields: readonly Field[] = [],
  ) {
    super(reason);
    this.code = code;
    this.status = status;
    this.fields = fields;
  }
}
