import { formatIp, parseIp, UsageError } from '@mpquic/wire';

/** 4 or 16 octets. */
export type IpAddress = Uint8Array;

/** All addresses that share their first `length` bits. */
export interface IpPrefix {
  readonly address: IpAddress;
  readonly length: number;
}

/** `address` or `address/length`. @throws {UsageError} on other text, and on bits beyond the length */
export function parsePrefix(text: string): IpPrefix {
  const [host = '', bits, ...rest] = text.split('/');
  const address = parseIp(host);
  if (bits === undefined) return { address, length: 8 * address.length };
  const prefix = { address, length: Number(bits) };
  if (rest.length > 0 || !/^\d{1,3}$/.test(bits) || !isPrefix(prefix)) {
    throw new UsageError(`"${text}" is no IP prefix`);
  }
  return prefix;
}

export function formatPrefix({ address, length }: IpPrefix): string {
  const host = formatIp(address);
  return length === 8 * address.length ? host : `${host}/${length}`;
}

/** Whether the length fits, and no bit beyond it is set. */
export function isPrefix({ address, length }: IpPrefix): boolean {
  if (length > 8 * address.length) return false;
  return address.every((octet, i) => (octet & ~maskOctet(length, i) & 0xff) === 0);
}

export function contains(prefix: IpPrefix, address: IpAddress): boolean {
  if (prefix.address.length !== address.length) return false;
  const whole = prefix.length >> 3;
  for (let i = 0; i < whole; i++) if (prefix.address[i] !== address[i]) return false;
  if ((prefix.length & 7) === 0) return true;
  const difference = (prefix.address[whole] as number) ^ (address[whole] as number);
  return (difference & maskOctet(prefix.length, whole)) === 0;
}

/** Negative where `a` comes before `b`. Both are of one version. */
export function compareAddresses(a: IpAddress, b: IpAddress): number {
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** First and last address of a prefix. */
export function rangeOf({ address, length }: IpPrefix): { start: IpAddress; end: IpAddress } {
  const end = address.map((octet, i) => octet | (~maskOctet(length, i) & 0xff));
  return { start: address, end };
}

/** The IPv4 address inside an IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2), else the address itself. */
export function unmapped(address: IpAddress): IpAddress {
  return contains(MAPPED, address) ? address.subarray(12) : address;
}

function maskOctet(length: number, index: number): number {
  const bits = Math.min(8, Math.max(0, length - 8 * index));
  return 0xff & ~(0xff >> bits);
}

const MAPPED: IpPrefix = parsePrefix('::ffff:0:0/96');
