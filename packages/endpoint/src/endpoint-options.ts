import type { SocketAddress } from 'node:net';
import type { ConnectionSet, ConnectionSetOptions } from '@mpquic/quic';
import type { Address } from '@mpquic/wire';
import type { Clock } from './clock.ts';
import type { OpenDatagramSocket } from './datagram-socket.ts';
import type { Tap } from './tap.ts';
import type { WorkerPlace } from './worker-places.ts';

export interface EndpointOptions {
  /** Where to listen: host:port. */
  readonly address?: string | Address | SocketAddress | undefined;
  /** Several addresses, instead of {@link address}: one socket each. */
  readonly addresses?: readonly (string | Address | SocketAddress)[] | undefined;
  /** Octets; 4 MiB by default, as far as the system allows. */
  readonly udpReceiveBufferSize?: number | undefined;
  readonly udpSendBufferSize?: number | undefined;
  /** Sessions beyond which new clients are turned away. Default 100,000. */
  readonly maxConnectionsTotal?: number | undefined;
  /** Answers every new client with Retry. RFC 9000 §8.1.2 */
  readonly validateAddress?: boolean | undefined;
  /**
   * 32 octets, the same in every life of a server: a peer whose connection a restart lost then learns it at once.
   * RFC 9000 §10.3.2
   */
  readonly statelessResetKey?: Uint8Array | undefined;
  /** Sees every datagram, for captures. */
  readonly tap?: Tap | undefined;
  /** Gets the key log lines of all sessions that have `keylog: true`. They are secrets. */
  readonly keyLog?: ((line: string) => void) | undefined;
  /** The engine: `createConnectionSet` of @mpquic/quic, or another with its contract, such as that of @mpquic/ngtcp2. */
  readonly connections?: ((options: ConnectionSetOptions) => ConnectionSet) | undefined;
  /** How to bind; with the addon of @mpquic/native where it was built, or else on node:dgram. */
  readonly openSocket?: OpenDatagramSocket | undefined;
  readonly clock?: Clock | undefined;
  /**
   * The place of this endpoint among several that listen on the same addresses, one for each thread. Needs the sockets of
   * @mpquic/native; the endpoints listen one after the other, in the order of their places.
   */
  readonly worker?: WorkerPlace | undefined;
}
