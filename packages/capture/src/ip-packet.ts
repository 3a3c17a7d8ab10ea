import { type Address, parseIp, UsageError, writeUint32 } from '@mpquic/wire';
import type { CapturedPacket } from './capture.ts';
import { ipOffset } from './link-type.ts';

const HOP_LIMIT = 64;
const DONT_FRAGMENT = 0x4000;
const LARGEST_PACKET = 0xffff;
/** IPv6 extension headers that are passed over: hop-by-hop, routing, destination options. */
const EXTENSION_HEADERS: ReadonlySet<number> = new Set([0, 43, 60]);

/** An IP packet out of a capture; all are views. */
export interface IpPacket {
  /** 4 or 16 octets. */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  /** The two ECN bits. */
  readonly ecn: number;
  readonly protocol: number;
  /** Behind the header, as long as the header says or as far as it was captured. */
  readonly payload: Uint8Array;
}

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

/** The IP packet in a captured one. Undefined for anything else, and for fragments. */
export function ipPacket({ linkType, data }: CapturedPacket): IpPacket | undefined {
  const offset = ipOffset(linkType, data);
  if (offset === undefined || offset >= data.length) return undefined;
  const ip = data.subarray(offset);
  const version = (ip[0] as number) >> 4;
  if (version === 4) return readIpv4(ip);
  return version === 6 ? readIpv6(ip) : undefined;
}

/** RFC 791 §3.1 */
function readIpv4(ip: Uint8Array): IpPacket | undefined {
  const headerLength = ((ip[0] as number) & 0x0f) * 4;
  if (headerLength < 20 || ip.length < headerLength) return undefined;
  // 0 where the packet was captured before segmentation offload filled it in.
  const end = readUint16(ip, 2) || ip.length;
  const isFragment = (readUint16(ip, 6) & 0x3fff) !== 0;
  if (isFragment) return undefined;
  return {
    source: ip.subarray(12, 16),
    destination: ip.subarray(16, 20),
    ecn: (ip[1] as number) & 3,
    protocol: ip[9] as number,
    payload: ip.subarray(headerLength, Math.max(headerLength, end)),
  };
}

/** RFC 8200 §3 */
function readIpv6(ip: Uint8Array): IpPacket | undefined {
  if (ip.length < 40) return undefined;
  let protocol = ip[6] as number;
  let at = 40;
  while (EXTENSION_HEADERS.has(protocol) && at + 2 <= ip.length) {
    protocol = ip[at] as number;
    at += 8 * ((ip[at + 1] as number) + 1);
  }
  if (at > ip.length) return undefined;
  const length = readUint16(ip, 4);
  return {
    source: ip.subarray(8, 24),
    destination: ip.subarray(24, 40),
    ecn: ((ip[1] as number) >> 4) & 3,
    protocol,
    payload: ip.subarray(at, length === 0 ? ip.length : Math.max(at, 40 + length)),
  };
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
