import { UsageError } from './errors.ts';

/** 4 octets as dotted decimal, 16 octets as in RFC 5952 §4. @throws {UsageError} on another length */
export function formatIp(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) throw new UsageError(`${bytes.length} octets are no IP address`);
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((bytes[2 * i] as number) << 8) | (bytes[2 * i + 1] as number)).toString(16),
  );
  const gap = longestZeroRun(groups);
  if (gap.length < 2) return groups.join(':');
  const before = groups.slice(0, gap.start).join(':');
  const after = groups.slice(gap.start + gap.length).join(':');
  return `${before}::${after}`;
}

/** The 4 or 16 octets of an IPv4 or IPv6 address in text form. @throws {UsageError} on anything else */
export function parseIp(text: string): Uint8Array {
  const octets = text.includes(':') ? parseIpv6(text) : parseIpv4(text);
  if (octets === undefined) throw new UsageError(`"${text}" is no IP address`);
  return Uint8Array.from(octets);
}

/** Whether a text is an IPv4 or IPv6 address. */
export function isIpAddress(text: string): boolean {
  return (text.includes(':') ? parseIpv6(text) : parseIpv4(text)) !== undefined;
}

/** Whether an IP address in text form is one of IPv6. */
export function isIpv6(host: string): boolean {
  return host.includes(':');
}

/** An address as elements have it that hold one of each family. */
export function ipByFamily(host: string): { readonly ipv4: string } | { readonly ipv6: string } {
  return isIpv6(host) ? { ipv6: host } : { ipv4: host };
}

function parseIpv4(text: string): number[] | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part))) {
    return undefined;
  }
  const octets = parts.map(Number);
  return octets.every((octet) => octet < 256) ? octets : undefined;
}

function parseIpv6(text: string): number[] | undefined {
  const halves = text.split('::');
  const dottedInside = text.includes('.') && text.indexOf('.') < text.lastIndexOf(':');
  if (halves.length > 2 || dottedInside) return undefined;
  const [head, tail] = halves.map(ipv6Groups);
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  if (tail === undefined) return head.length === 16 ? head : undefined;
  const missing = 16 - head.length - tail.length;
  if (missing < 2) return undefined;
  return [...head, ...new Array<number>(missing).fill(0), ...tail];
}

/** The octets of one side of `::`, the dotted decimal form at its end included (RFC 4291 §2.2). */
function ipv6Groups(text: string): number[] | undefined {
  if (text === '') return [];
  const octets: number[] = [];
  const groups = text.split(':');
  for (const [index, group] of groups.entries()) {
    const dotted = index === groups.length - 1 && group.includes('.');
    const parsed = dotted ? parseIpv4(group) : parseIpv6Group(group);
    if (parsed === undefined) return undefined;
    octets.push(...parsed);
  }
  return octets;
}

function parseIpv6Group(group: string): number[] | undefined {
  if (!/^[0-9a-f]{1,4}$/i.test(group)) return undefined;
  const value = Number.parseInt(group, 16);
  return [value >> 8, value & 0xff];
}

function longestZeroRun(groups: readonly string[]): { start: number; length: number } {
  let longest = { start: 0, length: 0 };
  let start = 0;
  for (const [index, group] of groups.entries()) {
    if (group !== '0') start = index + 1;
    else if (index + 1 - start > longest.length) longest = { start, length: index + 1 - start };
  }
  return longest;
}
