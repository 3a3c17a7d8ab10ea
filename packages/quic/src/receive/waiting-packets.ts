import type { Datagram, Instant } from '@mpquic/wire';
import type { ConnectionState, EarlyPacket } from '../state.ts';
import type { PacketHeader } from '../wire/packet-header.ts';
import { drop } from './dropped-packets.ts';

/** Packets kept until their keys are there. RFC 9001 §5.7 */
const EARLY_PACKET_LIMIT = 8;

/** Keeps a copy of a packet whose keys are yet to come. RFC 9001 §5.7 */
export function keepEarly(
  state: ConnectionState,
  level: EarlyPacket['level'],
  header: PacketHeader,
  datagram: Datagram,
  now: Instant,
): boolean {
  if (state.earlyPackets.length >= EARLY_PACKET_LIMIT) {
    return drop(state, 'keys_unavailable', header, now);
  }
  const payload = header.buffer.slice(header.start, header.end);
  state.earlyPackets.push({
    level,
    datagram: { ...datagram, payload, run: undefined },
    arrivedAt: now,
  });
  return true;
}

/** Those whose keys are there now, to be received again. */
export function takeReadyPackets(state: ConnectionState): readonly EarlyPacket[] {
  const packets = state.earlyPackets;
  if (packets.length === 0) return packets;
  const ready = packets.filter((packet) => keysAreThere(state, packet.level));
  if (ready.length > 0) state.earlyPackets = packets.filter((packet) => !ready.includes(packet));
  return ready;
}

function keysAreThere(state: ConnectionState, level: EarlyPacket['level']): boolean {
  if (level === 'early') return state.keys !== undefined || state.early !== undefined;
  if (level === 'application') return state.handshakeComplete;
  const space = state.handshake?.handshake;
  return space === undefined || space.keys.canOpen;
}
