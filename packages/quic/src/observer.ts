import type { Address, Instant } from '@mpquic/wire';
import type { CloseReason } from './connection-event.ts';
import type { PacketLevel } from './contract.ts';
import type { PathSnapshot } from './snapshots.ts';
import type { Frame } from './wire/frames.ts';
import type { TransportParameters } from './wire/transport-parameters.ts';

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
  /** The first thing it sees. The client's first Destination Connection ID names the connection. */
  connectionStarted?(
    local: Address,
    remote: Address,
    now: Instant,
    originalDestinationConnectionId: Uint8Array,
  ): void;
  /** Of this side when they are sent, of the peer when they are known. */
  parametersSet?(parameters: TransportParameters, by: 'local' | 'peer', now: Instant): void;
  /** Closing or draining began, or the connection is gone at once. */
  connectionClosed?(reason: CloseReason, now: Instant): void;
  packetSent?(packet: ObservedPacket, now: Instant): void;
  packetReceived?(packet: ObservedPacket, now: Instant): void;
  packetDropped?(reason: string, length: number, now: Instant): void;
  packetLost?(pathId: number, packetNumber: number, trigger: string, now: Instant): void;
  recoveryMetrics?(path: PathSnapshot, now: Instant): void;
  pathUpdated?(path: PathSnapshot, now: Instant): void;
  keyUpdated?(keyPhase: number, by: 'local' | 'peer', now: Instant): void;
}
