import { type Address, formatIp, parseIp, UsageError, writeUint32 } from '@mpquic/wire';
import type { CapturedPacket } from './capture.ts';
import { ipOffset } from './link-type.ts';

const UDP = 17;
const UDP_HEADER = 8;
const HOP_LIMIT = 64;
const DONT_FRAGMENT = 0x4000;
/** IPv6 extension headers that are passed over: hop-by-hop, routing, destination options. */
const EXTENSION_HEADERS: ReadonlySet<number> = new Set([0, 43, 60]);

/** A UDP datagram, out of a capture or for one. */
export interface UdpDatagram {
  readonly source: Address;
  readonly destination: Address;
  /** The IP header's two ECN bits. */
  readonly ecn: number;
  readonly payload: Uint8Array;
}

/**
 * The UDP datagram in a captured packet; its payload is a view. Undefined for anything else, for
 * fragments, and for packets that were not captured whole.
 */
export function udpDatagram(packet: CapturedPacket): UdpDatagram | undefined {
  const offset = ipOffset(packet.linkType, packet.data);
  if (offset === undefined || offset >= packet.data.length) return undefined;
  const ip = packet.data.subarray(offset);
  const version = (ip[0] as number) >> 4;
  if (version === 4) return readIpv4(ip);
  return version === 6 ? readIpv6(ip) : undefined;
}

/** An IPv4 or IPv6 packet, for link type `raw`, with right checksums. @throws {UsageError} over 65535 octets */
export function encodeUdpPacket(datagram: UdpDatagram): Uint8Array {
  const source = parseIp(datagram.source.host);
  const destination = parseIp(datagram.destination.host);
  if (source.length !== destination.length) throw new UsageError('addresses of two IP versions');
  const udpLength = UDP_HEADER + datagram.payload.length;
  const headerLength = source.length === 4 ? 20 : 40;
  if (headerLength + udpLength > 0xffff) throw new UsageError('too long for one IP packet');
  const packet = new Uint8Array(headerLength + udpLength);
  if (source.length === 4) writeIpv4Header(packet, datagram.ecn, source, destination);
  else writeIpv6Header(packet, datagram.ecn, source, destination);

  const udp = packet.subarray(headerLength);
  writeUint16(udp, 0, datagram.source.port);
  writeUint16(udp, 2, datagram.destination.port);
  writeUint16(udp, 4, udpLength);
  udp.set(datagram.payload, UDP_HEADER);
  const pseudoHeader = sumWords(source) + sumWords(destination) + UDP + udpLength;
  const checksum = foldChecksum(pseudoHeader + sumWords(udp));
  writeUint16(udp, 6, checksum === 0 ? 0xffff : checksum);
  return packet;
}

/** RFC 791 §3.1 */
function readIpv4(ip: Uint8Array): UdpDatagram | undefined {
  const headerLength = ((ip[0] as number) & 0x0f) * 4;
  if (headerLength < 20 || ip.length < headerLength) return undefined;
  const isFragment = (readUint16(ip, 6) & 0x3fff) !== 0;
  if (isFragment || ip[9] !== UDP) return undefined;
  const ecn = (ip[1] as number) & 3;
  return readUdp(ip.subarray(headerLength), ip.subarray(12, 16), ip.subarray(16, 20), ecn);
}

/** RFC 8200 §3 */
function readIpv6(ip: Uint8Array): UdpDatagram | undefined {
  if (ip.length < 40) return undefined;
  let nextHeader = ip[6] as number;
  let at = 40;
  while (EXTENSION_HEADERS.has(nextHeader) && at + 2 <= ip.length) {
    nextHeader = ip[at] as number;
    at += 8 * ((ip[at + 1] as number) + 1);
  }
  if (nextHeader !== UDP || at > ip.length) return undefined;
  const ecn = ((ip[1] as number) >> 4) & 3;
  return readUdp(ip.subarray(at), ip.subarray(8, 24), ip.subarray(24, 40), ecn);
}

function readUdp(
  udp: Uint8Array,
  source: Uint8Array,
  destination: Uint8Array,
  ecn: number,
): UdpDatagram | undefined {
  if (udp.length < UDP_HEADER) return undefined;
  const length = readUint16(udp, 4);
  if (length < UDP_HEADER || length > udp.length) return undefined;
  return {
    source: { host: formatIp(source), port: readUint16(udp, 0) },
    destination: { host: formatIp(destination), port: readUint16(udp, 2) },
    ecn,
    payload: udp.subarray(UDP_HEADER, length),
  };
}

function writeIpv4Header(
  packet: Uint8Array,
  ecn: number,
  source: Uint8Array,
  destination: Uint8Array,
): void {
  packet[0] = 0x45;
  packet[1] = ecn & 3;
  writeUint16(packet, 2, packet.length);
  writeUint16(packet, 6, DONT_FRAGMENT);
  packet[8] = HOP_LIMIT;
  packet[9] = UDP;
  packet.set(source, 12);
  packet.set(destination, 16);
  writeUint16(packet, 10, foldChecksum(sumWords(packet.subarray(0, 20))));
}

function writeIpv6Header(
  packet: Uint8Array,
  ecn: number,
  source: Uint8Array,
  destination: Uint8Array,
): void {
  writeUint32(packet, 0, 0x6000_0000 | ((ecn & 3) << 20));
  writeUint16(packet, 4, packet.length - 40);
  packet[6] = UDP;
  packet[7] = HOP_LIMIT;
  packet.set(source, 8);
  packet.set(destination, 24);
}

/** The sum of 16-bit words, before carries are folded in. RFC 1071 */
function sumWords(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += readUint16(bytes, i);
  return sum;
}

function foldChecksum(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x1_0000);
  return ~folded & 0xffff;
}

/** Octets behind the end count as 0. */
function readUint16(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] as number) << 8) | (bytes[offset + 1] ?? 0);
}

function writeUint16(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 8;
  bytes[offset + 1] = value;
}
