import type { Instant } from '@mpquic/wire';
import type { ConnectionState } from '../state.ts';
import type { PacketHeader } from '../wire/packet-header.ts';

/** Counts a packet, or the rest of a datagram, that is discarded; the connection goes on. */
export function dropPacket(
  state: ConnectionState,
  reason: string,
  length: number,
  now: Instant,
): void {
  const dropped = state.counters.packetsDropped;
  dropped[reason] = (dropped[reason] ?? 0) + 1;
  state.observer?.packetDropped?.(reason, length, now);
}

/** As {@link dropPacket}; false, as whatever receives a packet says of one that it did not take. */
export function drop(
  state: ConnectionState,
  reason: string,
  header: PacketHeader,
  now: Instant,
): false {
  dropPacket(state, reason, header.end - header.start, now);
  return false;
}
