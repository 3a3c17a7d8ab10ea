import { ByteReader, ByteWriter, formatIp, parseIp, UnexpectedEnd, utf8 } from '@mpquic/wire';
import type { FlowTarget } from './user-flow.ts';

/** SOCKS5 replies. RFC 1928 §6 */
export const SocksReply = {
  succeeded: 0,
  generalFailure: 1,
  notAllowed: 2,
  commandNotSupported: 7,
  addressTypeNotSupported: 8,
} as const;

const VERSION = 5;
const NO_AUTHENTICATION = 0;
const NO_ACCEPTABLE_METHOD = 0xff;
const UDP_ASSOCIATE = 3;
const IPV4 = 1;
const NAME = 3;
const IPV6 = 4;

/** What a client said, once it is whole; `undefined` while octets are missing; `invalid` for no SOCKS5. */
export type Parsed<T> = { readonly value: T; readonly length: number } | undefined | 'invalid';

/** Whether the client offers to do without authentication. RFC 1928 §3 */
export function parseGreeting(bytes: Uint8Array): Parsed<boolean> {
  return parse(bytes, (reader) => {
    if (reader.uint8() !== VERSION) return 'invalid';
    return reader.bytes(reader.uint8()).includes(NO_AUTHENTICATION);
  });
}

export function greetingAnswer(accepted: boolean): Uint8Array {
  return Uint8Array.of(VERSION, accepted ? NO_AUTHENTICATION : NO_ACCEPTABLE_METHOD);
}

/** Whether the request is UDP ASSOCIATE. RFC 1928 §4 */
export function parseRequest(bytes: Uint8Array): Parsed<boolean> {
  return parse(bytes, (reader) => {
    if (reader.uint8() !== VERSION) return 'invalid';
    const command = reader.uint8();
    reader.skip(1);
    return readTarget(reader) === undefined ? 'invalid' : command === UDP_ASSOCIATE;
  });
}

export function replyTo(reply: number, bound: FlowTarget = NOWHERE): Uint8Array {
  const writer = new ByteWriter().uint8(VERSION).uint8(reply).uint8(0);
  return writeTarget(writer, bound).finish();
}

/** The header of a relayed datagram, and what it carries; undefined for fragments and nonsense. RFC 1928 §7 */
export function parseUdpRequest(
  bytes: Uint8Array,
): { readonly target: FlowTarget; readonly payload: Uint8Array } | undefined {
  const parsed = parse(bytes, (reader) => {
    reader.skip(2);
    return reader.uint8() === 0 ? (readTarget(reader) ?? 'invalid') : 'invalid';
  });
  if (parsed === undefined || parsed === 'invalid') return undefined;
  return { target: parsed.value, payload: bytes.subarray(parsed.length) };
}

export function udpAnswer(from: FlowTarget, payload: Uint8Array): Uint8Array {
  const writer = new ByteWriter(payload.length + 280).uint16(0).uint8(0);
  return writeTarget(writer, from).bytes(payload).finish();
}

function readTarget(reader: ByteReader): FlowTarget | undefined {
  const type = reader.uint8();
  let host: string;
  if (type === IPV4) host = formatIp(reader.bytes(4));
  else if (type === IPV6) host = formatIp(reader.bytes(16));
  else if (type === NAME) host = String.fromCharCode(...reader.bytes(reader.uint8()));
  else return undefined;
  return { host, port: reader.uint16() };
}

function writeTarget(writer: ByteWriter, { host, port }: FlowTarget): ByteWriter {
  if (/^[0-9.]+$/.test(host)) writer.uint8(IPV4).bytes(parseIp(host));
  else if (host.includes(':')) writer.uint8(IPV6).bytes(parseIp(host));
  else writer.uint8(NAME).vector(1, (body) => body.bytes(utf8(host)));
  return writer.uint16(port);
}

function parse<T>(bytes: Uint8Array, read: (reader: ByteReader) => T | 'invalid'): Parsed<T> {
  const reader = new ByteReader(bytes);
  try {
    const value = read(reader);
    return value === 'invalid' ? 'invalid' : { value, length: reader.offset };
  } catch (error) {
    if (error instanceof UnexpectedEnd) return undefined;
    throw error;
  }
}

const NOWHERE: FlowTarget = { host: '0.0.0.0', port: 0 };
