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
  return readAddress(text, defaultPort) ?? lookUp(splitHostPort(text as string, defaultPort));
}

/** As {@link resolveAddress}, but at once: undefined where a name is to be looked up. */
export function readAddress(
  text: string | Address | SocketAddress,
  defaultPort?: number,
): Address | undefined {
  if (text instanceof SocketAddress) return { host: text.address, port: text.port };
  if (typeof text !== 'string') return text;
  const address = splitHostPort(text, defaultPort);
  return isIP(address.host) === 0 ? undefined : address;
}

async function lookUp({ host, port }: Address): Promise<Address> {
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
  const [, ipv6, name, digits] = HOST_AND_PORT.exec(text) ?? [];
  const host = ipv6 ?? name ?? (isIP(text) === 0 ? undefined : text);
  const port = digits === undefined ? defaultPort : Number(digits);
  if (host === undefined || port === undefined || port > 65_535) {
    throw invalidArgument(`"${text}" is not an address of the form host:port`);
  }
  return { host, port };
}

/** An IPv6 address in brackets or a host, then maybe a port. */
const HOST_AND_PORT = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/;
