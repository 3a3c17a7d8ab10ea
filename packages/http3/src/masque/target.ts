import { UsageError } from '@mpquic/wire';
import { Http3StreamError } from '../error-code.ts';
import { formatPrefix, type IpPrefix, parsePrefix } from './ip-prefix.ts';

/** Where a CONNECT-UDP request leads. */
export interface UdpTarget {
  /** A name, or an IP address without brackets. */
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
}

/** What a CONNECT-IP request is limited to. RFC 9484 §4.6 */
export interface IpScope {
  readonly target: '*' | IpPrefix | { readonly name: string };
  /** 0 to 255, or all. */
  readonly protocol: '*' | number;
}

const UDP_PATH = /^\/\.well-known\/masque\/udp\/([^/?#]+)\/([^/?#]+)\/$/;
const IP_PATH = /^\/\.well-known\/masque\/ip\/([^/?#]+)\/([^/?#]+)\/$/;
/** reg-name as far as names have a use for it. RFC 3986 §3.2.2 */
const NAME = /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,253})$/;

/** The default template of RFC 9298 §3. */
export function udpPath({ host, port }: UdpTarget): string {
  return `/.well-known/masque/udp/${encodeURIComponent(host)}/${port}/`;
}

/** @throws {Http3StreamError} 400 on another path, host or port. RFC 9298 §3.4 */
export function parseUdpPath(path: string): UdpTarget {
  const [, host, port] = (UDP_PATH.exec(path) ?? []).map(decode);
  if (host === undefined || port === undefined) malformed('the path is not of the UDP template');
  if (!isHost(host)) malformed('target_host is neither a name nor an address');
  if (!/^\d{1,5}$/.test(port)) malformed('target_port is no number');
  const number = Number(port);
  if (number < 1 || number > 65_535) malformed('target_port is out of range');
  return { host, port: number };
}

/** The default template of RFC 9484 §3. */
export function ipPath({ target, protocol }: IpScope): string {
  const text = target === '*' ? '*' : 'name' in target ? target.name : formatPrefix(target);
  return `/.well-known/masque/ip/${encodeURIComponent(text)}/${protocol}/`;
}

/** @throws {Http3StreamError} 400 on another path, target or protocol. RFC 9484 §4.6 */
export function parseIpPath(path: string): IpScope {
  const [, target, protocol] = (IP_PATH.exec(path) ?? []).map(decode);
  if (target === undefined || protocol === undefined) {
    malformed('the path is not of the IP template');
  }
  return { target: scopeTarget(target), protocol: scopeProtocol(protocol) };
}

function scopeTarget(text: string): IpScope['target'] {
  if (text === '*') return '*';
  if (/^[0-9.]+(\/|$)/.test(text) || text.includes(':')) {
    const prefix = prefixOf(text);
    if (prefix === undefined) malformed('target is no IP prefix');
    return prefix;
  }
  if (!NAME.test(text)) malformed('target is neither a name nor a prefix');
  return { name: text };
}

function scopeProtocol(text: string): IpScope['protocol'] {
  if (text === '*') return '*';
  if (!/^\d{1,3}$/.test(text) || Number(text) > 255) malformed('ipproto is no protocol number');
  return Number(text);
}

function isHost(text: string): boolean {
  if (/^[0-9.]+$/.test(text) || text.includes(':')) {
    return !text.includes('/') && prefixOf(text) !== undefined;
  }
  return NAME.test(text);
}

function prefixOf(text: string): IpPrefix | undefined {
  try {
    return parsePrefix(text);
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return malformed('percent-encoding');
  }
}

function malformed(reason: string): never {
  throw new Http3StreamError('H3_MESSAGE_ERROR', reason, 400);
}
