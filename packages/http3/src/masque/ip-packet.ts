import type { IpAddress } from './ip-prefix.ts';

/** Internet Protocol Numbers that mean something here. */
export const IpProtocol = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58 } as const;

/** What a forwarder must know of an IP packet. Addresses are views of the packet. */
export interface IpHeader {
  readonly version: 4 | 6;
  readonly source: IpAddress;
  readonly destination: IpAddress;
  /** Of the payload, behind any IPv6 extension headers. RFC 9484 §4.8 */
  readonly protocol: number;
  readonly payloadAt: number;
  /** TTL, or hop limit. */
  readonly hopLimit: number;
  /** Whether it is a fragment other than the first, so that no transport header is inside. */
  readonly laterFragment: boolean;
}

/** Undefined for what is no whole, well-formed IP packet. RFC 791 §3.1, RFC 8200 §3 */
export function readIpHeader(packet: Uint8Array): IpHeader | undefined {
  const version = (packet[0] ?? 0) >> 4;
  if (version === 4) return readIpv4(packet);
  return version === 6 ? readIpv6(packet) : undefined;
}

/** Takes one off the TTL or hop limit, in place. The packet is well-formed and its limit above 0. */
export function decrementHopLimit(packet: Uint8Array): void {
  if ((packet[0] as number) >> 4 === 6) {
    packet[7] = (packet[7] as number) - 1;
    return;
  }
  packet[8] = (packet[8] as number) - 1;
  // The sum of the header falls by 0x0100, so its complement grows by that. RFC 1624 §3
  const checksum = read16(packet, 10) + 0x0100;
  write16(packet, 10, checksum > 0xffff ? checksum - 0xffff : checksum);
}

/** The ones' complement sum of 16-bit words, not folded. RFC 1071 */
export function sumWords(bytes: Uint8Array, start: number, end: number): number {
  let sum = 0;
  for (let at = start; at + 1 < end; at += 2) sum += read16(bytes, at);
  return (end - start) % 2 === 0 ? sum : sum + ((bytes[end - 1] as number) << 8);
}

/** The checksum of a sum of words. */
export function foldChecksum(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x1_0000);
  return ~folded & 0xffff;
}

export function read16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

export function write16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value & 0xff;
}

/**
 * An IP packet around a payload. Its transport checksum is the caller's business.
 * @param hopLimit 1 to 255
 */
export function buildIpPacket(
  source: IpAddress,
  destination: IpAddress,
  protocol: number,
  payload: Uint8Array,
  hopLimit = 64,
): Uint8Array {
  const headerLength = source.length === 4 ? 20 : 40;
  const packet = new Uint8Array(headerLength + payload.length);
  packet.set(payload, headerLength);
  if (source.length === 4) {
    packet[0] = 0x45;
    write16(packet, 2, packet.length);
    // Don't Fragment: identification 0 is then as good as any. RFC 6864 §4
    packet[6] = 0x40;
    packet[8] = hopLimit;
    packet[9] = protocol;
    packet.set(source, 12);
    packet.set(destination, 16);
    write16(packet, 10, foldChecksum(sumWords(packet, 0, 20)));
  } else {
    packet[0] = 0x60;
    write16(packet, 4, payload.length);
    packet[6] = protocol;
    packet[7] = hopLimit;
    packet.set(source, 8);
    packet.set(destination, 24);
  }
  return packet;
}

/** The checksum of UDP or ICMPv6 over `payload` and its pseudo-header. RFC 768, RFC 8200 §8.1 */
export function transportChecksum(
  source: IpAddress,
  destination: IpAddress,
  protocol: number,
  payload: Uint8Array,
): number {
  const pseudo =
    sumWords(source, 0, source.length) +
    sumWords(destination, 0, destination.length) +
    protocol +
    payload.length;
  return foldChecksum(pseudo + sumWords(payload, 0, payload.length));
}

function readIpv4(packet: Uint8Array): IpHeader | undefined {
  const headerLength = 4 * ((packet[0] as number) & 0x0f);
  if (headerLength < 20 || packet.length < headerLength) return undefined;
  if (read16(packet, 2) !== packet.length) return undefined;
  if (foldChecksum(sumWords(packet, 0, headerLength)) !== 0) return undefined;
  return {
    version: 4,
    source: packet.subarray(12, 16),
    destination: packet.subarray(16, 20),
    protocol: packet[9] as number,
    payloadAt: headerLength,
    hopLimit: packet[8] as number,
    laterFragment: (read16(packet, 6) & 0x1fff) !== 0,
  };
}

function readIpv6(packet: Uint8Array): IpHeader | undefined {
  if (packet.length < 40 || read16(packet, 4) !== packet.length - 40) return undefined;
  const chain = walkExtensions(packet);
  if (chain === undefined) return undefined;
  return {
    version: 6,
    source: packet.subarray(8, 24),
    destination: packet.subarray(24, 40),
    hopLimit: packet[7] as number,
    ...chain,
  };
}

/** Hop-by-Hop, Routing, Destination Options: all with their length in units of 8 octets. RFC 8200 §4 */
const OPTION_HEADERS: ReadonlySet<number> = new Set([0, 43, 60]);
const FRAGMENT_HEADER = 44;

function walkExtensions(
  packet: Uint8Array,
): Pick<IpHeader, 'protocol' | 'payloadAt' | 'laterFragment'> | undefined {
  let protocol = packet[6] as number;
  let at = 40;
  let laterFragment = false;
  while (OPTION_HEADERS.has(protocol) || protocol === FRAGMENT_HEADER) {
    if (at + 8 > packet.length) return undefined;
    const fragment = protocol === FRAGMENT_HEADER;
    const length = fragment ? 8 : 8 * (1 + (packet[at + 1] as number));
    if (fragment) laterFragment ||= read16(packet, at + 2) >> 3 !== 0;
    protocol = packet[at] as number;
    at += length;
    if (at > packet.length) return undefined;
    if (laterFragment) break;
  }
  return { protocol, payloadAt: at, laterFragment };
}
