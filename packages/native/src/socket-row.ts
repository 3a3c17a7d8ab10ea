import { networkInterfaces } from 'node:os';
import { type Address, formatIp, parseIp, UsageError } from '@mpquic/wire';

/** Columns of a row that describes a received message, or where a run goes. */
export const SocketColumn = {
  /** Where the message stands in the receive slab. */
  offset: 0,
  length: 1,
  /** Octets of each datagram in it but the last. */
  segmentSize: 2,
  ecn: 3,
  /** 4 or 6; 0 for no address. */
  family: 4,
  port: 5,
  /** The remote address: 4 or 16 octets in network order. */
  remote: 6,
  scope: 10,
  /** The local address, as `remote`. */
  local: 11,
  /** 1 where there is a local address. */
  hasLocal: 15,
} as const;
export const SOCKET_ROW_LENGTH = 16;

const OCTETS_PER_COLUMN = 4;

/** A row that names `address` as the remote one, or none. */
export function createAddressRow(address?: Address): Int32Array {
  const row = new Int32Array(SOCKET_ROW_LENGTH);
  if (address === undefined) return row;
  const { host, port } = address;
  const octets = writeHost(row, SocketColumn.remote, host);
  row[SocketColumn.family] = octets === 4 ? 4 : 6;
  row[SocketColumn.port] = port;
  row[SocketColumn.scope] = scopeOf(host);
  return row;
}

/** Makes `row` name the local address that its datagrams leave from; undefined leaves it to the system. */
export function writeLocal(row: Int32Array, local: Address | undefined): void {
  row[SocketColumn.hasLocal] = local === undefined ? 0 : 1;
  if (local === undefined) return;
  const octets = writeHost(row, SocketColumn.local, local.host);
  if (octets !== (row[SocketColumn.family] === 4 ? 4 : 16)) {
    throw new UsageError('local and remote address are of different families');
  }
}

/** The host of family 4 or 6 that stands at `column` of the row at `start`. */
export function readHost(
  table: Int32Array,
  start: number,
  column: number,
  family: number,
  scope: number,
): string {
  const at = table.byteOffset + (start + column) * OCTETS_PER_COLUMN;
  const host = formatIp(new Uint8Array(table.buffer, at, family === 4 ? 4 : 16));
  return scope === 0 ? host : `${host}%${interfaceName(scope) ?? scope}`;
}

function writeHost(row: Int32Array, column: number, host: string): number {
  const octets = parseIp(host.split('%')[0] as string);
  new Uint8Array(row.buffer).set(octets, column * OCTETS_PER_COLUMN);
  return octets.length;
}

/** The interface of a link-local address such as fe80::1%eth0. RFC 4007 §11 */
function scopeOf(host: string): number {
  const zone = host.split('%')[1];
  if (zone === undefined) return 0;
  if (/^\d{1,9}$/.test(zone)) return Number(zone);
  for (const address of networkInterfaces()[zone] ?? []) {
    if (address.family === 'IPv6' && address.scopeid !== 0) return address.scopeid;
  }
  throw new UsageError(`no interface ${zone}`);
}

function interfaceName(scope: number): string | undefined {
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    if (addresses?.some((address) => address.family === 'IPv6' && address.scopeid === scope)) {
      return name;
    }
  }
  return undefined;
}
