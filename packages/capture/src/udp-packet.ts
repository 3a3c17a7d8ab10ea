import { type Address, formatIp } from '@mpquic/wire';
import type { CapturedPacket } from './capture.ts';
import { encodeIpPacket, foldChecksum, readUint16, sumWords, writeUint16 } from './ip-packet.ts';
import { ipOffset } from './link-type.ts';

const UDP = 17;
const UDP_HEADER = 8;
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
  const { source, destination, ecn, payload } = datagram;
  const udpLength = UDP_HEADER + payload.length;
  return encodeIpPacket({ source, destination, ecn, protocol: UDP }, udpLength, (udp, sum) => {
    writeUint16(udp, 0, source.port);
    writeUint16(udp, 2, destination.port);
    writeUint16(udp, 4, udpLength);
    udp.set(payload, UDP_HEADER);
    const checksum = foldChecksum(sum + sumWords(udp));
    writeUint16(udp, 6, checksum === 0 ? 0xffff : checksum);
  });
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
