import type { Instant } from '@mpquic/wire';
import type { PacketLevel, PathSnapshot } from './contract.ts';
import type { Frame } from './wire/frames.ts';

/** A packet as an observer sees it. Frames are lent for the call. */
export interface ObservedPacket {
  readonly level: PacketLevel | 'retry' | 'version_negotiation';
  readonly pathId: number;
  readonly packetNumber: number;
  /** Octets of the whole packet. */
  readonly length: number;
  readonly frames: readonly Frame[];
}

/**
 * Sees what a connection does, for qlog and metrics. Never given keys. All methods are optional, and
 * frames are collected only where `packetSent` or `packetReceived` is there.
 */
export interface ConnectionObserver {
  packetSent?(packet: ObservedPacket, now: Instant): void;
  packetReceived?(packet: ObservedPacket, now: Instant): void;
  packetDropped?(reason: string, length: number, now: Instant): void;
  packetLost?(pathId: number, packetNumber: number, trigger: string, now: Instant): void;
  recoveryMetrics?(path: PathSnapshot, now: Instant): void;
  pathUpdated?(path: PathSnapshot, now: Instant): void;
  keyUpdated?(keyPhase: number, by: 'local' | 'peer', now: Instant): void;
}
