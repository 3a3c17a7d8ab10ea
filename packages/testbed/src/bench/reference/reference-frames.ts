/** Where the next varint is read; set before, moved on by {@link readVarint}. */
export const cursor = { position: 0 };

/** RFC 9000 §16 */
export function readVarint(bytes: Uint8Array): number {
  let at = cursor.position;
  const first = bytes[at++] as number;
  let value = first & 0x3f;
  for (let left = (1 << (first >> 6)) - 1; left > 0; left--) {
    value = value * 256 + (bytes[at++] as number);
  }
  cursor.position = at;
  return value;
}

/** Writes in as few octets as possible and returns where it ended. */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  if (value < 64) {
    bytes[at] = value;
    return at + 1;
  }
  if (value < 16384) return writeVarint2(bytes, at, value);
  if (value < 1073741824) {
    writeUint32(bytes, at, (value | 0x80000000) >>> 0);
    return at + 4;
  }
  writeUint32(bytes, at, (Math.floor(value / 4294967296) | 0xc0000000) >>> 0);
  writeUint32(bytes, at + 4, value >>> 0);
  return at + 8;
}

/** In two octets, whatever the value. */
export function writeVarint2(bytes: Uint8Array, at: number, value: number): number {
  bytes[at] = 0x40 | (value >> 8);
  bytes[at + 1] = value;
  return at + 2;
}

function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
