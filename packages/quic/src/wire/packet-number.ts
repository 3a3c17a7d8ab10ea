/** Packet numbers are truncated on the wire to 1 to 4 octets. RFC 9000 §17.1 */
export type PacketNumberLength = 1 | 2 | 3 | 4;

/**
 * How many octets carry `packetNumber` so that the peer can decode it, given the largest one that it
 * acknowledged on this path (-1 where none). RFC 9000 §A.2
 */
export function packetNumberLength(
  packetNumber: number,
  largestAcknowledged: number,
): PacketNumberLength {
  const span = 2 * (packetNumber - largestAcknowledged);
  if (span <= 2 ** 8) return 1;
  if (span <= 2 ** 16) return 2;
  return span <= 2 ** 24 ? 3 : 4;
}

/**
 * The full packet number of which `truncated` holds the last `length` octets, given the largest one
 * that arrived on this path (-1 where none). RFC 9000 §A.3
 */
export function decodePacketNumber(
  truncated: number,
  length: PacketNumberLength,
  largestReceived: number,
): number {
  const expected = largestReceived + 1;
  const window = WINDOWS[length] as number;
  const half = window / 2;
  const candidate = expected - (expected % window) + truncated;
  if (candidate <= expected - half && candidate < MAX_PACKET_NUMBER - window) {
    return candidate + window;
  }
  if (candidate > expected + half && candidate >= window) return candidate - window;
  return candidate;
}

export function readPacketNumber(
  bytes: Uint8Array,
  offset: number,
  length: PacketNumberLength,
): number {
  let value = 0;
  for (let i = 0; i < length; i++) value = value * 256 + (bytes[offset + i] as number);
  return value;
}

/** Writes the last `length` octets of the number and returns the offset behind them. */
export function writePacketNumber(
  into: Uint8Array,
  offset: number,
  packetNumber: number,
  length: PacketNumberLength,
): number {
  let rest = packetNumber % 2 ** 32;
  for (let i = length - 1; i >= 0; i--) {
    into[offset + i] = rest & 0xff;
    rest >>>= 8;
  }
  return offset + length;
}

/** Numbers that so many octets can tell apart. */
const WINDOWS: readonly number[] = [1, 2 ** 8, 2 ** 16, 2 ** 24, 2 ** 32];

/** 2^53-1, at which a sender stops: below the 2^62-1 of RFC 9000 §12.3. */
const MAX_PACKET_NUMBER = Number.MAX_SAFE_INTEGER;
