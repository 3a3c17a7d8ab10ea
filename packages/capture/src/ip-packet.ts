import { type Address, parseIp, UsageError, writeUint32 } from '@mpquic/wire';

const HOP_LIMIT = 64;
const DONT_FRAGMENT = 0x4000;
const LARGEST_PACKET = 0xffff;

/** What an IP header is made of. */
export interface IpHeader {
  readonly source: Address;
  readonly destination: Address;
  /** The two ECN bits. */
  readonly ecn: number;
  /** 6 TCP, 17 UDP. */
  readonly protocol: number;
}

/**
 * An IPv4 or IPv6 packet for link type `raw`, with `length` octets behind its header that `fill` writes;
 * it gets the sum of the pseudo header, from which the checksum of the transport protocol starts.
 * @throws {UsageError} over 65535 octets, or on addresses of two IP versions
 */
export function encodeIpPacket(
  header: IpHeader,
  length: number,
  fill: (payload: Uint8Array, pseudoHeaderSum: number) => void,
): Uint8Array {
  const source = parseIp(header.source.host);
  const destination = parseIp(header.destination.host);
  if (source.length !== destination.length) throw new UsageError('addresses of two IP versions');
  const headerLength = source.length === 4 ? 20 : 40;
  if (headerLength + length > LARGEST_PACKET) throw new UsageError('too long for one IP packet');
  const packet = new Uint8Array(headerLength + length);
  if (source.length === 4) writeIpv4Header(packet, header, source, destination);
  else writeIpv6Header(packet, header, source, destination);
  const pseudoHeader = sumWords(source) + sumWords(destination) + header.protocol + length;
  fill(packet.subarray(headerLength), pseudoHeader);
  return packet;
}

/** RFC 791 §3.1 */
function writeIpv4Header(
  packet: Uint8Array,
  { ecn, protocol }: IpHeader,
  source: Uint8Array,
  destination: Uint8Array,
): void {
  packet[0] = 0x45;
  packet[1] = ecn & 3;
  writeUint16(packet, 2, packet.length);
  writeUint16(packet, 6, DONT_FRAGMENT);
  packet[8] = HOP_LIMIT;
  packet[9] = protocol;
  packet.set(source, 12);
  packet.set(destination, 16);
  writeUint16(packet, 10, foldChecksum(sumWords(packet.subarray(0, 20))));
}

/** RFC 8200 §3 */
function writeIpv6Header(
  packet: Uint8Array,
  { ecn, protocol }: IpHeader,
  source: Uint8Array,
  destination: Uint8Array,
): void {
  writeUint32(packet, 0, 0x6000_0000 | ((ecn & 3) << 20));
  writeUint16(packet, 4, packet.length - 40);
  packet[6] = protocol;
  packet[7] = HOP_LIMIT;
  packet.set(source, 8);
  packet.set(destination, 24);
}

/** The sum of 16-bit words, before carries are folded in. RFC 1071 */
export function sumWords(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += readUint16(bytes, i);
  return sum;
}

export function foldChecksum(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x1_0000);
  return ~folded & 0xffff;
}

/** Octets behind the end count as 0. */
export function readUint16(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] as number) << 8) | (bytes[offset + 1] ?? 0);
}

export function writeUint16(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 8;
  bytes[offset + 1] = value;
}
