import { varintLength, writeUint32, writeVarint, writeVarint2 } from '@mpquic/wire';
import type { PacketLevel } from '../contract.ts';
import { type PacketNumberLength, writePacketNumber } from './packet-number.ts';
import type { QuicVersion } from './versions.ts';

const FIXED_BIT = 0x40;
const KEY_PHASE_BIT = 0x04;
const NO_TOKEN = new Uint8Array();

/** Octets of a long header, two-octet Length and packet number included. RFC 9000 §17.2 */
export function longHeaderLength(
  type: Exclude<PacketLevel, 'application'>,
  destination: Uint8Array,
  source: Uint8Array,
  token: Uint8Array,
  numberLength: PacketNumberLength,
): number {
  const tokenLength = type === 'initial' ? varintLength(token.length) + token.length : 0;
  return 7 + destination.length + source.length + tokenLength + 2 + numberLength;
}

/**
 * Writes a long header up to and with the packet number, and returns the offset behind it. Its Length
 * is filled in by {@link patchLength}. A token goes into Initial packets only. RFC 9000 §17.2
 */
export function writeLongHeader(
  into: Uint8Array,
  offset: number,
  version: QuicVersion,
  type: Exclude<PacketLevel, 'application'>,
  destination: Uint8Array,
  source: Uint8Array,
  token: Uint8Array | undefined,
  packetNumber: number,
  numberLength: PacketNumberLength,
): number {
  into[offset] = longFirstOctet(version, type) | (numberLength - 1);
  let at = writeLongHeaderIds(into, offset, version.number, destination, source);
  if (type === 'initial') {
    const carried = token ?? NO_TOKEN;
    at = writeVarint(into, at, carried.length);
    into.set(carried, at);
    at += carried.length;
  }
  return writePacketNumber(into, at + 2, packetNumber, numberLength);
}

/**
 * Fills in the Length of a long header that ends at `headerEnd`.
 * @param payloadLength octets behind the packet number, the 16 of the authentication tag included
 */
export function patchLength(
  into: Uint8Array,
  headerEnd: number,
  numberLength: PacketNumberLength,
  payloadLength: number,
): void {
  writeVarint2(into, headerEnd - numberLength - 2, numberLength + payloadLength);
}

/** Writes a 1-RTT header and returns the offset behind it. The spin bit stays 0. RFC 9000 §17.3.1 */
export function writeShortHeader(
  into: Uint8Array,
  offset: number,
  destination: Uint8Array,
  keyPhase: 0 | 1,
  packetNumber: number,
  numberLength: PacketNumberLength,
): number {
  into[offset] = FIXED_BIT | (keyPhase === 0 ? 0 : KEY_PHASE_BIT) | (numberLength - 1);
  // So few octets that a call would take longer.
  for (let i = 0; i < destination.length; i++) into[offset + 1 + i] = destination[i] as number;
  return writePacketNumber(into, offset + 1 + destination.length, packetNumber, numberLength);
}

/** The first octet of a long header, its lower four bits 0. */
export function longFirstOctet(
  version: QuicVersion,
  type: Exclude<PacketLevel, 'application'> | 'retry',
): number {
  return 0x80 | FIXED_BIT | (version.longTypes.indexOf(type) << 4);
}

/** Version and connection IDs, from the octet after `offset`. RFC 8999 §5.1 */
export function writeLongHeaderIds(
  into: Uint8Array,
  offset: number,
  versionNumber: number,
  destination: Uint8Array,
  source: Uint8Array,
): number {
  writeUint32(into, offset + 1, versionNumber);
  let at = offset + 5;
  for (const connectionId of [destination, source]) {
    into[at] = connectionId.length;
    into.set(connectionId, at + 1);
    at += 1 + connectionId.length;
  }
  return at;
}
