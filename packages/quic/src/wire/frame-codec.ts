import { type ByteReader, VarintTooLarge } from '@mpquic/wire';
import { TransportError, type TransportErrorName } from '../transport-error.ts';
import type { FrameScratch } from './frame-scratch.ts';

/** Packet types that may hold a frame, as in RFC 9000 Table 3: Initial, Handshake, 0-RTT, 1-RTT. */
export type AllowedPackets = 'IH01' | 'IH_1' | '__01' | '___1';

/** All that the wire knows of one kind of frame. */
export interface FrameCodec<F> {
  /** Its frame types, each with the packets that may hold it. */
  readonly codes: Readonly<Record<number, AllowedPackets>>;
  /** RFC 9000 §13.2: whether the packet must be acknowledged. */
  readonly ackEliciting: boolean;
  /** RFC 9000 §9.1 */
  readonly probing: boolean;
  /**
   * Reads what follows the type, which was `code`.
   * @throws {UnexpectedEnd} {@link VarintTooLarge} {@link TransportError}
   */
  read(reader: ByteReader, code: number, scratch: FrameScratch): F;
  /** Octets that {@link write} takes, type included. */
  length(frame: F): number;
  /** Writes the whole frame and returns the offset behind it. */
  write(frame: F, into: Uint8Array, offset: number): number;
}

/** Path IDs and their limits have 32 bits, since they enter the nonce. MP-21 §2.4 */
export const MAX_PATH_ID = 0xffff_ffff;

/** @throws {TransportError} PROTOCOL_VIOLATION, as above every limit that can be announced. MP-21 §4 */
export function readPathId(reader: ByteReader): number {
  const pathId = reader.varintSaturating();
  if (pathId > MAX_PATH_ID) throw new TransportError('PROTOCOL_VIOLATION', 'path ID above 2^32-1');
  return pathId;
}

/**
 * A value of which all above 2^53-1 break some limit of this endpoint, named by `error`: stream IDs
 * and offsets beyond flow control, sequence numbers and packet numbers never issued.
 */
export function readBounded(reader: ByteReader, error: TransportErrorName, what: string): number {
  try {
    return reader.varint();
  } catch (cause) {
    if (cause instanceof VarintTooLarge) throw new TransportError(error, `${what} too large`);
    throw cause;
  }
}

export function readStreamId(reader: ByteReader): number {
  return readBounded(reader, 'STREAM_LIMIT_ERROR', 'stream ID');
}

export function writeBytes(bytes: Uint8Array, into: Uint8Array, offset: number): number {
  into.set(bytes, offset);
  return offset + bytes.length;
}
