import {
  buildIpPacket,
  foldChecksum,
  type IpHeader,
  IpProtocol,
  read16,
  sumWords,
  transportChecksum,
  write16,
} from './ip-packet.ts';
import type { IpAddress } from './ip-prefix.ts';

/** Why a packet is not forwarded, for ICMP to say. RFC 9484 §7.2 */
export type ForwardingError =
  | { readonly type: 'no_route' }
  | { readonly type: 'prohibited' }
  | { readonly type: 'source_policy' }
  | { readonly type: 'port_unreachable' }
  | { readonly type: 'time_exceeded' }
  | { readonly type: 'too_big'; readonly mtu: number };

/** Type and code of each error: RFC 792 and RFC 1812 §5.2.7.1, RFC 4443 §3. */
const CODES: {
  readonly [T in ForwardingError['type']]: {
    readonly v4: readonly [type: number, code: number];
    readonly v6: readonly [type: number, code: number];
  };
} = {
  no_route: { v4: [3, 0], v6: [1, 0] },
  prohibited: { v4: [3, 13], v6: [1, 1] },
  source_policy: { v4: [3, 13], v6: [1, 5] },
  port_unreachable: { v4: [3, 3], v6: [1, 4] },
  time_exceeded: { v4: [11, 0], v6: [3, 0] },
  too_big: { v4: [3, 4], v6: [2, 0] },
};

/** Octets of an error message at most: RFC 1812 §4.3.2.3, RFC 4443 §2.4. */
const LIMIT_V4 = 576;
const LIMIT_V6 = 1280;
const ECHO_REPLY_V4 = 0;
const ECHO_REQUEST_V4 = 8;
const ECHO_REQUEST_V6 = 128;
const ECHO_REPLY_V6 = 129;

/**
 * The ICMP packet about `packet`, from `source` of the same IP version to the packet's source; undefined
 * where none may be sent: about ICMP errors, later fragments, and packets from or to more than one node.
 * RFC 1812 §4.3.2.7, RFC 4443 §2.4
 */
export function icmpError(
  error: ForwardingError,
  packet: Uint8Array,
  header: IpHeader,
  source: IpAddress,
): Uint8Array | undefined {
  if (header.laterFragment || !isUnicast(header.source)) return undefined;
  // Packet Too Big is the one error about multicast. RFC 4443 §2.4 (e.3)
  const multicast = !isUnicast(header.destination);
  if (multicast && !(header.version === 6 && error.type === 'too_big')) return undefined;
  if (isIcmpError(packet, header)) return undefined;
  const v4 = header.version === 4;
  const [type, code] = v4 ? CODES[error.type].v4 : CODES[error.type].v6;
  const room = (v4 ? LIMIT_V4 - 20 : LIMIT_V6 - 40) - 8;
  const quoted = packet.subarray(0, room);
  const message = new Uint8Array(8 + quoted.length);
  message[0] = type;
  message[1] = code;
  // The next-hop MTU: RFC 1191 §4 in 16 bits, RFC 4443 §3.2 in 32.
  if (error.type === 'too_big') write16(message, 6, Math.min(error.mtu, 0xffff));
  message.set(quoted, 8);
  return icmpPacket(source, header.source, message);
}

/** Data octets of an ICMPv6 echo request that proves a link MTU of 1280. RFC 9484 §7.1 */
const MTU_PROBE_DATA = 1232;

/** An ICMPv6 echo request of {@link MTU_PROBE_DATA} octets. */
export function mtuProbe(
  source: IpAddress,
  destination: IpAddress,
  identifier: number,
): Uint8Array {
  const message = new Uint8Array(8 + MTU_PROBE_DATA);
  message[0] = ECHO_REQUEST_V6;
  write16(message, 4, identifier);
  return icmpPacket(source, destination, message);
}

/** Whether a packet answers {@link mtuProbe} with that identifier. */
export function answersMtuProbe(packet: Uint8Array, header: IpHeader, identifier: number): boolean {
  const at = header.payloadAt;
  if (header.version !== 6 || icmpType(packet, header) !== ECHO_REPLY_V6) return false;
  return packet.length === at + 8 + MTU_PROBE_DATA && read16(packet, at + 4) === identifier;
}

/** The answer to an echo request, from `source`; undefined for any other packet. */
export function echoReply(
  packet: Uint8Array,
  header: IpHeader,
  source: IpAddress,
): Uint8Array | undefined {
  const request = header.version === 4 ? ECHO_REQUEST_V4 : ECHO_REQUEST_V6;
  if (icmpType(packet, header) !== request || packet.length < header.payloadAt + 8)
    return undefined;
  const message = packet.slice(header.payloadAt);
  message[0] = header.version === 4 ? ECHO_REPLY_V4 : ECHO_REPLY_V6;
  write16(message, 2, 0);
  return icmpPacket(source, header.source, message);
}

/** The ICMP type of a packet, or undefined where it is no ICMP. */
export function icmpType(packet: Uint8Array, header: IpHeader): number | undefined {
  const protocol = header.version === 4 ? IpProtocol.icmp : IpProtocol.icmpv6;
  if (header.protocol !== protocol || header.laterFragment) return undefined;
  return packet[header.payloadAt];
}

function isIcmpError(packet: Uint8Array, header: IpHeader): boolean {
  const type = icmpType(packet, header);
  if (type === undefined) return false;
  return header.version === 6 ? type < 128 : ICMPV4_ERRORS.has(type);
}

/** Destination unreachable, source quench, redirect, time exceeded, parameter problem. */
const ICMPV4_ERRORS: ReadonlySet<number> = new Set([3, 4, 5, 11, 12]);

function icmpPacket(source: IpAddress, destination: IpAddress, message: Uint8Array): Uint8Array {
  const v4 = source.length === 4;
  const checksum = v4
    ? foldChecksum(sumWords(message, 0, message.length))
    : transportChecksum(source, destination, IpProtocol.icmpv6, message);
  write16(message, 2, checksum);
  return buildIpPacket(source, destination, v4 ? IpProtocol.icmp : IpProtocol.icmpv6, message);
}

/** Neither unspecified, nor multicast, nor broadcast. */
function isUnicast(address: IpAddress): boolean {
  const first = address[0] as number;
  if (address.every((octet) => octet === 0)) return false;
  return address.length === 4 ? first < 224 : first !== 0xff;
}
