import type { Instant } from '@mpquic/wire';
import type { ConnectionState } from '../state.ts';

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
