import type { Instant } from '@mpquic/wire';

/** One sent packet as `SentPackets` shows it: a view that is reused, valid for the call. */
export interface SentPacket<Delivery> {
  readonly number: number;
  readonly timeSent: Instant;
  /** Octets of UDP payload. */
  readonly size: number;
  readonly ackEliciting: boolean;
  /** Counts against the congestion window. Never so for a packet that was declared lost before. */
  readonly inFlight: boolean;
  /** Declared lost earlier, and acknowledged now: its content may have been sent again. */
  readonly declaredLost: boolean;
  /** The first STREAM frame; -1 where it has none. */
  readonly streamId: number;
  readonly streamOffset: number;
  readonly streamLength: number;
  readonly streamFin: boolean;
  /** Largest Acknowledged of an ACK of this same packet number space; -1 where it has none. */
  readonly acknowledges: number;
  /** Everything else that wants to know of its fate. */
  readonly deliveries: readonly Delivery[] | undefined;
}

/** Learns what became of packets. One object for the life of its owner, so that no call allocates. */
export interface SentPacketVisitor<Delivery> {
  packetAcknowledged(packet: SentPacket<Delivery>): void;
  packetLost(packet: SentPacket<Delivery>): void;
}

/** What a slot holds: the lower three bits. */
export const Status = {
  outstanding: 1,
  /** Sent, but not in flight. */
  untracked: 2,
  acknowledged: 3,
  lost: 4,
  /** No packet has this number. */
  skipped: 5,
} as const;
export const STATUS = 0x07;

/** Flags beside the status. */
export const ACK_ELICITING = 0x08;
export const STREAM_FIN = 0x10;
export const DELIVERIES = 0x20;
/** A probe of the path MTU, whose loss is no sign of congestion. RFC 9000 §14.4 */
export const MTU_PROBE = 0x40;
