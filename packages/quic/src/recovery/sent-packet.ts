import type { Instant } from '@mpquic/wire';
import type { StreamOctets } from '../streams/stream-octets.ts';

/**
 * A sent packet as `SentPackets` shows it, a view that is reused, valid for the call. Where packets were acknowledged
 * it may stand for a run of them: sent at once, of one size, with octets of one stream that follow each other.
 */
export interface SentPacket<Delivery> {
  /** Of the first packet. */
  readonly number: number;
  /** Packets that it stands for. */
  readonly count: number;
  readonly timeSent: Instant;
  /** Octets of UDP payload of each. */
  readonly size: number;
  readonly ackEliciting: boolean;
  /** Counts against the congestion window. Never so for a packet that was declared lost before. */
  readonly inFlight: boolean;
  /** Declared lost earlier, and acknowledged now: its content may have been sent again. */
  readonly declaredLost: boolean;
  /** The first STREAM frame; -1 where it has none. */
  readonly streamId: number;
  /** What it carries of that stream, of all packets; as the packet, a view that is reused. */
  readonly stream: StreamOctets;
  /** The first DATAGRAM frame, in place of a STREAM frame; each further packet has the next number. -1 where it has none. */
  readonly datagramId: number;
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
/** Goes on with the run of packets that the one before it belongs to, or begins. */
export const FOLLOWS = 0x80;
