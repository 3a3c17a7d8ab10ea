import { readUint32, writeUint32 } from '@mpquic/wire';
import { writeLongHeaderIds } from './header-writer.ts';
import type { PacketHeader } from './packet-header.ts';

/**
 * Writes a Version Negotiation packet and returns the offset behind it. RFC 9000 §17.2.1
 * @param destination the source connection ID of the packet that it answers, 0 to 255 octets
 * @param source its destination connection ID
 * @param unused seven random bits
 */
export function writeVersionNegotiation(
  into: Uint8Array,
  offset: number,
  destination: Uint8Array,
  source: Uint8Array,
  versions: readonly number[],
  unused: number,
): number {
  into[offset] = 0xc0 | (unused & 0x7f);
  let at = writeLongHeaderIds(into, offset, 0, destination, source);
  for (const version of versions) {
    writeUint32(into, at, version);
    at += 4;
  }
  return at;
}

/** The versions that a Version Negotiation packet lists; undefined where it is malformed. */
export function readSupportedVersions(header: PacketHeader): readonly number[] | undefined {
  const { buffer, packetNumberOffset, end } = header;
  const length = end - packetNumberOffset;
  if (length === 0 || length % 4 !== 0) return undefined;
  return Array.from({ length: length / 4 }, (_, i) =>
    readUint32(buffer, packetNumberOffset + 4 * i),
  );
}
