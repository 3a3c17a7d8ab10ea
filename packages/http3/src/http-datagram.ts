import { readUint32, varintLength, writeVarint } from '@mpquic/wire';
import { Http3ConnectionError } from './error-code.ts';

/** Octets in front of the payload of an HTTP datagram of that stream. RFC 9297 §2.1 */
export function datagramOverhead(streamId: number): number {
  return varintLength(streamId / 4);
}

/**
 * Writes Quarter Stream ID, `head` and `payload` as they stand in a QUIC DATAGRAM frame, and returns the
 * length. `into` has room for them, {@link datagramOverhead} included.
 */
export function writeHttpDatagram(
  into: Uint8Array,
  streamId: number,
  head: Uint8Array,
  payload: Uint8Array,
): number {
  const at = writeVarint(into, 0, streamId / 4);
  into.set(head, at);
  into.set(payload, at + head.length);
  return at + head.length + payload.length;
}

/** The request stream of an HTTP datagram, and where its payload begins. */
export interface DatagramTarget {
  /** Undefined for a stream ID above 2^53-1, which no stream here ever has. */
  readonly streamId: number | undefined;
  readonly payloadAt: number;
}

/**
 * Reads the Quarter Stream ID.
 * @throws {Http3ConnectionError} H3_DATAGRAM_ERROR where it is cut short or above 2^60-1. RFC 9297 §2.1
 */
export function readHttpDatagram(datagram: Uint8Array): DatagramTarget {
  const first = datagram[0];
  const length = first === undefined ? 1 : 1 << (first >> 6);
  if (first === undefined || datagram.length < length) invalid('too short for a stream');
  if (length < 8) {
    let quarter = first & 0x3f;
    for (let i = 1; i < length; i++) quarter = quarter * 256 + (datagram[i] as number);
    return { streamId: quarter * 4, payloadAt: length };
  }
  const high = readUint32(datagram, 0) & 0x3fffffff;
  if (high >= 2 ** 28) invalid('of a stream beyond all streams');
  const known = high < 2 ** 19;
  return {
    streamId: known ? (high * 2 ** 32 + readUint32(datagram, 4)) * 4 : undefined,
    payloadAt: length,
  };
}

function invalid(why: string): never {
  throw new Http3ConnectionError('H3_DATAGRAM_ERROR', `a datagram ${why}`);
}
