import type { Random } from '@mpquic/wire';

/** The first three bits. Ours uses one configuration; 0b111 is reserved. QUIC-LB §3.1 */
const CONFIG_ROTATION = 0;
const RANDOM_BITS = 0x1f;

/** Where a server ID stands in a packet: behind the first octet of the destination connection ID. */
const SHORT_HEADER_OFFSET = 2;
const LONG_HEADER_OFFSET = 7;

/**
 * Connection IDs that name the server they belong to, in the plain format of QUIC-LB (draft-ietf-quic-load-balancers
 * §5.2): configuration rotation (3 bits) || random (5 bits) || server ID (1 octet) || nonce (all the rest, random). Without
 * a key, who looks at a connection ID learns the server, and nothing else.
 */
export class RoutableConnectionIds implements Random {
  readonly #random: Random;
  readonly #serverId: number;

  /** @param serverId 0 to 255 */
  constructor(random: Random, serverId: number) {
    this.#random = random;
    this.#serverId = serverId;
  }

  /** Makes `into`, 6 octets at least, a connection ID. */
  fill(into: Uint8Array): Uint8Array {
    this.#random.fill(into);
    into[0] = (CONFIG_ROTATION << 5) | ((into[0] as number) & RANDOM_BITS);
    into[1] = this.#serverId;
    return into;
  }
}

/**
 * Which of `count` workers a datagram belongs to, by its first packet's destination connection ID. Those that a client
 * made up, which no worker issued, go by the same octet: all Initials of a client reach one worker.
 */
export function workerOf(payload: Uint8Array, count: number): number {
  const isLong = ((payload[0] ?? 0) & 0x80) !== 0;
  return (payload[isLong ? LONG_HEADER_OFFSET : SHORT_HEADER_OFFSET] ?? 0) % count;
}
