import { lookup } from 'node:dns/promises';
import { isIP, SocketAddress } from 'node:net';
import type { Address } from '@mpquic/wire';
import { invalidArgument, QuicError } from './errors.ts';

/**
 * The address that `text` means: `host:port`, `[host]:port`, or a host alone with `defaultPort`. Names are looked up.
 * @throws {QuicError} `ERR_INVALID_ARG_VALUE`, or `ERR_QUIC_ENDPOINT_FAILED` where a name has no address
 */
export async function resolveAddress(
  text: string | Address | SocketAddress,
  defaultPort?: number,
): Promise<Address> {
  if (text instanceof SocketAddress) return { host: text.address, port: text.port };
  if (typeof text !== 'string') return text;
  const { host, port } = splitHostPort(text, defaultPort);
  if (isIP(host) !== 0) return { host, port };
  try {
    const { address } = await lookup(host, { verbatim: false });
    return { host: address, port };
  } catch (error) {
    throw new QuicError(`no address is known for the host "${host}"`, {
      type: 'transport',
      code: 'ERR_QUIC_ENDPOINT_FAILED',
      cause: error,
    });
  }
}

/** As `net.SocketAddress`, for the parts of the API that node:quic has. */
export function toSocketAddress(address: Address): SocketAddress {
  const family = address.host.includes(':') ? 'ipv6' : 'ipv4';
  return new SocketAddress({ address: address.host, port: address.port, family });
}

function splitHostPort(text: string, defaultPort: number | undefined): Address {
  if (isIP(text) !== 0 && defaultPort !== undefined) return { host: text, port: defaultPort };
  const match = /^(?:\[(?<ipv6>[^\]]+)\]|(?<host>[^:]+))(?::(?<port>\d{1,5}))?$/.exec(text);
  const host = match?.groups?.['ipv6'] ?? match?.groups?.['host'];
  const port = match?.groups?.['port'] === undefined ? defaultPort : Number(match.groups['port']);
  if (host === undefined || port === undefined || port > 65_535) {
    throw invalidArgument(`"${text}" is not an address of the form host:port`);
  }
  return { host, port };
}
