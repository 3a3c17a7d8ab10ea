import { UnexpectedEnd, VarintTooLarge } from './errors.ts';

/** The largest integer that {@link writeVarint} takes: 2^53-1, below the 2^62-1 of RFC 9000 §16. */
export const MAX_VARINT: number = Number.MAX_SAFE_INTEGER;

/** 2^62-1, the largest value of a variable-length integer. RFC 9000 §16. */
export const MAX_VARINT62: bigint = (1n << 62n) - 1n;

const TWO_14 = 2 ** 14;
const TWO_30 = 2 ** 30;
const TWO_32 = 2 ** 32;

/** Octets (1, 2, 4 or 8) of the shortest encoding of `value`. RFC 9000 §16. */
export function varintLength(value: number): 1 | 2 | 4 | 8 {
  if (value < 64) return 1;
  if (value < TWO_14) return 2;
  return value < TWO_30 ? 4 : 8;
}

/**
 * Writes `value` in its shortest form and returns the offset behind it. RFC 9000 §16.
 * The caller has checked that the octets fit.
 */
export function writeVarint(into: Uint8Array, offset: number, value: number): number {
  if (value < 64) {
    into[offset] = value;
    return offset + 1;
  }
  if (value < TWO_14) return writeVarint2(into, offset, value);
  if (value < TWO_30) {
    writeUint32(into, offset, 0x80000000 | value);
    return offset + 4;
  }
  // As signed integers, which engines keep unboxed.
  return writeVarint8(into, offset, Math.floor(value / TWO_32), value | 0);
}

/** Writes an integer of which these are the upper and the lower 32 bits, each with or without a sign, in eight octets. */
export function writeVarint8(
  into: Uint8Array,
  offset: number,
  upper: number,
  lower: number,
): number {
  writeUint32(into, offset, 0xc0000000 | upper);
  writeUint32(into, offset + 4, lower);
  return offset + 8;
}

/** Writes `value` (below 2^14) in two octets, for lengths that are filled in later. */
export function writeVarint2(into: Uint8Array, offset: number, value: number): number {
  into[offset] = 0x40 | (value >>> 8);
  into[offset + 1] = value & 0xff;
  return offset + 2;
}

/** Writes `value`, of 32 bits with or without a sign, in four octets, most significant first. */
export function writeUint32(into: Uint8Array, offset: number, value: number): void {
  into[offset] = value >>> 24;
  into[offset + 1] = (value >>> 16) & 0xff;
  into[offset + 2] = (value >>> 8) & 0xff;
  into[offset + 3] = value & 0xff;
}

/**
 * The variable-length integer at `offset`; its length is `1 << (bytes[offset] >> 6)`.
 * @throws {UnexpectedEnd} where it runs past `end`
 * @throws {VarintTooLarge} above 2^53-1
 */
export function readVarint(bytes: Uint8Array, offset: number, end: number): number {
  if (offset >= end) throw new UnexpectedEnd('no octet left for an integer');
  const first = bytes[offset] as number;
  const length = 1 << (first >> 6);
  if (offset + length > end) throw new UnexpectedEnd(`an integer of ${length} octets is cut short`);
  if (length === 1) return first;
  if (length === 2) return ((first & 0x3f) << 8) | (bytes[offset + 1] as number);
  const upper = readUint30(bytes, offset);
  if (length === 4) return upper;
  if (upper >= 2 ** 21) throw new VarintTooLarge('an integer above 2^53-1');
  return upper * TWO_32 + readUint32(bytes, offset + 4);
}

/** Four octets without the first two bits: an integer that engines keep unboxed, which that of 32 bits is not. */
function readUint30(bytes: Uint8Array, offset: number): number {
  return (
    (((bytes[offset] as number) & 0x3f) << 24) |
    ((bytes[offset + 1] as number) << 16) |
    ((bytes[offset + 2] as number) << 8) |
    (bytes[offset + 3] as number)
  );
}

/** Four octets as an unsigned integer, most significant first. */
export function readUint32(bytes: Uint8Array, offset: number): number {
  return (
    (((bytes[offset] as number) << 24) |
      ((bytes[offset + 1] as number) << 16) |
      ((bytes[offset + 2] as number) << 8) |
      (bytes[offset + 3] as number)) >>>
    0
  );
}
