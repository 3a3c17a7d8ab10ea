/** Link-layer header types of captures, as registered at tcpdump.org. */
export const LinkType = {
  /** A 4-octet address family in the capturing host's byte order. */
  null: 0,
  ethernet: 1,
  /** As `null`, in network byte order. */
  loop: 108,
  /** IPv4 or IPv6 without a link header. */
  raw: 101,
  linuxCooked: 113,
  ipv4: 228,
  ipv6: 229,
  /** Messages of any protocol behind tags that name its dissector. */
  exportedPdu: 252,
  linuxCooked2: 276,
} as const;

const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
const ETHERTYPES_VLAN: ReadonlySet<number> = new Set([0x8100, 0x88a8, 0x9100]);

/** The offset of the IP header, or undefined where the packet is of something else or cut short. */
export function ipOffset(linkType: number, data: Uint8Array): number | undefined {
  return IP_OFFSETS.get(linkType)?.(data);
}

const IP_OFFSETS: ReadonlyMap<number, (data: Uint8Array) => number | undefined> = new Map<
  number,
  (data: Uint8Array) => number | undefined
>([
  [LinkType.null, () => 4],
  [LinkType.loop, () => 4],
  [LinkType.raw, () => 0],
  // The numbers that BSDs use for raw IP.
  [12, () => 0],
  [14, () => 0],
  [LinkType.ipv4, () => 0],
  [LinkType.ipv6, () => 0],
  [LinkType.ethernet, (data) => behindEtherType(data, 12)],
  [LinkType.linuxCooked, (data) => behindEtherType(data, 14)],
  [LinkType.linuxCooked2, (data) => (isIp(etherType(data, 0)) ? 20 : undefined)],
]);

/** Skips VLAN tags. */
function behindEtherType(data: Uint8Array, offset: number): number | undefined {
  let at = offset;
  while (ETHERTYPES_VLAN.has(etherType(data, at))) at += 4;
  return isIp(etherType(data, at)) ? at + 2 : undefined;
}

/** -1 where it is cut off. */
function etherType(data: Uint8Array, offset: number): number {
  if (offset + 2 > data.length) return -1;
  return ((data[offset] as number) << 8) | (data[offset + 1] as number);
}

function isIp(type: number): boolean {
  return type === ETHERTYPE_IPV4 || type === ETHERTYPE_IPV6;
}
