import type { Address } from '@mpquic/wire';
import { SocketFeature } from './addon.ts';
import { readHost, SocketColumn } from './socket-row.ts';

/** Octets of the kernel's buffers where nothing else is asked for. */
export const DEFAULT_BUFFER_SIZE: number = 4 << 20;

export interface OffloadOptions {
  /** Generic segmentation offload for runs of datagrams, where the system has it. Default true. */
  readonly segmentation?: boolean;
  /** Generic receive offload, where the system has it. Default true. */
  readonly coalescing?: boolean;
}

/** What the addon is to turn on. */
export function socketFeatures({
  local,
  segmentation,
  coalescing,
}: OffloadOptions & { readonly local: Address }): number {
  const ipv6Only = local.host.includes(':') && local.host !== '::';
  return (
    (segmentation === false ? 0 : SocketFeature.segmentation) |
    (coalescing === false ? 0 : SocketFeature.coalescing) |
    (ipv6Only ? SocketFeature.ipv6Only : 0)
  );
}

/** Where a socket is bound that was to be bound to `wanted`: that object itself where the port was known. */
export function boundAddress(row: Int32Array, wanted: Address): Address {
  const port = row[SocketColumn.port] as number;
  if (port === wanted.port) return wanted;
  const family = row[SocketColumn.family] as number;
  const scope = row[SocketColumn.scope] as number;
  return { host: readHost(row, 0, SocketColumn.remote, family, scope), port };
}
