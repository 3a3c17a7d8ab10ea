import type { PacketLevel } from '../contract.ts';
import type { ControlFrame } from './outbox.ts';

/**
 * What a sent packet remembers of a frame: no octets, only what its acknowledgement settles or its
 * loss asks for. Control frames are remembered as they are.
 */
export type SentFrame =
  | ControlFrame
  | {
      readonly type: 'crypto';
      readonly level: PacketLevel;
      readonly offset: number;
      readonly length: number;
    }
  /** STREAM frames behind the first of a packet, which the packet's own columns hold. */
  | {
      readonly type: 'stream';
      readonly streamId: number;
      readonly offset: number;
      readonly length: number;
      readonly fin: boolean;
    }
  | { readonly type: 'datagram'; readonly datagramId: number }
  /** A probe of the path MTU, of so many octets. */
  | { readonly type: 'mtu_probe'; readonly pathId: number; readonly size: number }
  /** An acknowledgement of packets of another path. */
  | {
      readonly type: 'path_ack';
      readonly pathId: number;
      readonly largestAcknowledged: number;
    };

export type SentFrameType = SentFrame['type'];
export type SentFrameOf<T extends SentFrameType> = Extract<SentFrame, { readonly type: T }>;
