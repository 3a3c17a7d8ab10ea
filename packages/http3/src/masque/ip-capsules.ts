import { ByteReader, ByteWriter, UnexpectedEnd, VarintTooLarge } from '@mpquic/wire';
import { Http3StreamError } from '../error-code.ts';
import { compareAddresses, type IpAddress, type IpPrefix, isPrefix } from './ip-prefix.ts';

/** An entry of ADDRESS_ASSIGN or ADDRESS_REQUEST. RFC 9484 §4.7.1, §4.7.2 */
export interface AddressEntry {
  /** 0 for an assignment that nobody asked for. */
  readonly requestId: number;
  readonly prefix: IpPrefix;
}

/** An entry of ROUTE_ADVERTISEMENT: addresses from `start` to `end`. RFC 9484 §4.7.3 */
export interface IpRange {
  readonly start: IpAddress;
  readonly end: IpAddress;
  /** 0 for all. */
  readonly protocol: number;
}

export function encodeAddresses(entries: readonly AddressEntry[]): Uint8Array {
  const writer = new ByteWriter(24 * entries.length + 1);
  for (const { requestId, prefix } of entries) {
    writer.varint(requestId).uint8(versionOf(prefix.address));
    writer.bytes(prefix.address).uint8(prefix.length);
  }
  return writer.finish();
}

export function encodeRoutes(ranges: readonly IpRange[]): Uint8Array {
  const writer = new ByteWriter(34 * ranges.length + 1);
  for (const { start, end, protocol } of ranges) {
    writer.uint8(versionOf(start)).bytes(start).bytes(end).uint8(protocol);
  }
  return writer.finish();
}

/** @throws {Http3StreamError} on anything malformed */
export function decodeAssignments(value: Uint8Array): readonly AddressEntry[] {
  return decodeList(value, 'ADDRESS_ASSIGN', readEntry);
}

/** @throws {Http3StreamError} on anything malformed, an empty list, or request IDs that are 0 or not unique */
export function decodeRequests(value: Uint8Array): readonly AddressEntry[] {
  const entries = decodeList(value, 'ADDRESS_REQUEST', readEntry);
  if (entries.length === 0) malformed('ADDRESS_REQUEST', 'it requests nothing');
  const ids = new Set(entries.map(({ requestId }) => requestId));
  if (ids.has(0) || ids.size < entries.length) malformed('ADDRESS_REQUEST', 'a wrong request ID');
  return entries;
}

/** @throws {Http3StreamError} on anything malformed, and on ranges out of order or overlapping */
export function decodeRoutes(value: Uint8Array): readonly IpRange[] {
  const ranges = decodeList(value, 'ROUTE_ADVERTISEMENT', readRange);
  for (let i = 1; i < ranges.length; i++) {
    if (!inOrder(ranges[i - 1] as IpRange, ranges[i] as IpRange)) {
      malformed('ROUTE_ADVERTISEMENT', 'the ranges are not in order, or overlap');
    }
  }
  return ranges;
}

/** Orders ranges as ROUTE_ADVERTISEMENT wants them. */
export function compareRanges(a: IpRange, b: IpRange): number {
  return (
    a.start.length - b.start.length || a.protocol - b.protocol || compareAddresses(a.start, b.start)
  );
}

function inOrder(a: IpRange, b: IpRange): boolean {
  if (a.start.length !== b.start.length) return a.start.length < b.start.length;
  if (a.protocol !== b.protocol) return a.protocol < b.protocol;
  return compareAddresses(a.end, b.start) < 0;
}

function readEntry(reader: ByteReader): AddressEntry {
  const requestId = reader.varint();
  const address = readAddress(reader, reader.uint8());
  const prefix = { address, length: reader.uint8() };
  if (!isPrefix(prefix)) malformed('address', 'it is no prefix');
  return { requestId, prefix };
}

function readRange(reader: ByteReader): IpRange {
  const version = reader.uint8();
  const start = readAddress(reader, version);
  const end = readAddress(reader, version);
  if (compareAddresses(start, end) > 0) malformed('route', 'it ends before it starts');
  return { start, end, protocol: reader.uint8() };
}

function readAddress(reader: ByteReader, version: number): IpAddress {
  if (version !== 4 && version !== 6) malformed('address', `IP version ${version}`);
  return reader.bytes(version === 4 ? 4 : 16).slice();
}

function decodeList<Entry>(
  value: Uint8Array,
  name: string,
  read: (reader: ByteReader) => Entry,
): Entry[] {
  const reader = new ByteReader(value);
  const entries: Entry[] = [];
  try {
    while (reader.remaining > 0) entries.push(read(reader));
  } catch (error) {
    if (error instanceof UnexpectedEnd || error instanceof VarintTooLarge) {
      malformed(name, 'cut short');
    }
    throw error;
  }
  return entries;
}

function versionOf(address: IpAddress): number {
  return address.length === 4 ? 4 : 6;
}

function malformed(what: string, why: string): never {
  throw new Http3StreamError('H3_MESSAGE_ERROR', `${what}: ${why}`);
}
