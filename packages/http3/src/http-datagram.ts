import { ByteReader, UnexpectedEnd, VarintTooLarge, varintLength, writeVarint } from '@mpquic/wire';
import { Http3ConnectionError } from './error-code.ts';

/** 2^60-1: a larger Quarter Stream ID names no stream. RFC 9297 §2.1 */
const MAX_QUARTER_STREAM_ID = 2 ** 60 - 1;

export interface HttpDatagram {
  readonly streamId: number;
  /** A view of the QUIC datagram. */
  readonly payload: Uint8Array;
}

/** Octets in front of the payload of an HTTP datagram. */
export function datagramOverhead(streamId: number): number {
  return varintLength(streamId / 4);
}

/** Quarter Stream ID and payload, as they stand in a QUIC DATAGRAM frame. RFC 9297 §2.1 */
export function encodeHttpDatagram(streamId: number, payload: Uint8Array): Uint8Array {
  const overhead = datagramOverhead(streamId);
  const datagram = new Uint8Array(overhead + payload.length);
  writeVarint(datagram, 0, streamId / 4);
  datagram.set(payload, overhead);
  return datagram;
}

/** @throws {Http3ConnectionError} H3_DATAGRAM_ERROR where it is too short or names no stream */
export function decodeHttpDatagram(datagram: Uint8Array): HttpDatagram {
  const reader = new ByteReader(datagram);
  try {
    const quarter = reader.varint();
    if (quarter > MAX_QUARTER_STREAM_ID) invalid();
    return { streamId: quarter * 4, payload: reader.rest() };
  } catch (error) {
    if (error instanceof UnexpectedEnd || error instanceof VarintTooLarge) invalid();
    throw error;
  }
}

function invalid(): never {
  throw new Http3ConnectionError('H3_DATAGRAM_ERROR', 'a datagram without a stream');
}
