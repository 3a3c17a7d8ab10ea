import type { StreamDirection } from '../connection-event.ts';

/** Frames as values. Those that a `FrameReader` returns are lent until it reads the next one. */
export type Frame =
  | PaddingFrame
  | { readonly type: 'ping' }
  | AckFrame
  | PathAckFrame
  | ResetStreamFrame
  | StopSendingFrame
  | CryptoFrame
  | { readonly type: 'new_token'; readonly token: Uint8Array }
  | StreamFrame
  | { readonly type: 'max_data'; readonly maximum: number }
  | { readonly type: 'max_stream_data'; readonly streamId: number; readonly maximum: number }
  | {
      readonly type: 'max_streams';
      readonly direction: StreamDirection;
      readonly maximum: number;
    }
  | { readonly type: 'data_blocked'; readonly limit: number }
  | { readonly type: 'stream_data_blocked'; readonly streamId: number; readonly limit: number }
  | {
      readonly type: 'streams_blocked';
      readonly direction: StreamDirection;
      readonly limit: number;
    }
  | NewConnectionIdFrame
  | { readonly type: 'retire_connection_id'; readonly sequenceNumber: number }
  /** `data` has 8 octets. */
  | { readonly type: 'path_challenge'; readonly data: Uint8Array }
  | { readonly type: 'path_response'; readonly data: Uint8Array }
  | ConnectionCloseFrame
  | { readonly type: 'handshake_done' }
  | DatagramFrame
  | { readonly type: 'path_abandon'; readonly pathId: number; readonly errorCode: number }
  | PathStatusFrame<'path_status_backup'>
  | PathStatusFrame<'path_status_available'>
  | PathNewConnectionIdFrame
  | {
      readonly type: 'path_retire_connection_id';
      readonly pathId: number;
      readonly sequenceNumber: number;
    }
  | { readonly type: 'max_path_id'; readonly maximum: number }
  | { readonly type: 'paths_blocked'; readonly maximum: number }
  | {
      readonly type: 'path_cids_blocked';
      readonly pathId: number;
      readonly nextSequenceNumber: number;
    };

export type FrameType = Frame['type'];
export type FrameOf<T extends FrameType> = Extract<Frame, { readonly type: T }>;

/** A run of PADDING frames, one octet each. RFC 9000 §19.1 */
export interface PaddingFrame {
  readonly type: 'padding';
  readonly length: number;
}

/** RFC 9000 §19.3.2 */
export interface EcnCounts {
  readonly ect0: number;
  readonly ect1: number;
  readonly ce: number;
}

export interface AckFields {
  /** As encoded: to be multiplied by 2^ack_delay_exponent microseconds. */
  readonly ackDelay: number;
  /** At least 1. */
  readonly rangeCount: number;
  /**
   * Acknowledged packet numbers, highest range first: range i runs from `ranges[2 * i]` to
   * `ranges[2 * i + 1]`, both included. What lies behind `2 * rangeCount` is left over from before.
   */
  readonly ranges: Float64Array;
  readonly ecn: EcnCounts | undefined;
}

/** RFC 9000 §19.3 */
export interface AckFrame extends AckFields {
  readonly type: 'ack';
}

/** MP-21 §4.1 */
export interface PathAckFrame extends AckFields {
  readonly type: 'path_ack';
  readonly pathId: number;
}

/** RFC 9000 §19.4 */
export interface ResetStreamFrame {
  readonly type: 'reset_stream';
  readonly streamId: number;
  readonly errorCode: number;
  readonly finalSize: number;
}

/** RFC 9000 §19.5 */
export interface StopSendingFrame {
  readonly type: 'stop_sending';
  readonly streamId: number;
  readonly errorCode: number;
}

/** Octets `dataStart` up to `dataEnd` of `source`, which is the packet's plaintext. */
export interface FrameData {
  readonly source: Uint8Array;
  readonly dataStart: number;
  readonly dataEnd: number;
}

/** RFC 9000 §19.6 */
export interface CryptoFrame extends FrameData {
  readonly type: 'crypto';
  readonly offset: number;
}

/** RFC 9000 §19.8 */
export interface StreamFrame extends FrameData {
  readonly type: 'stream';
  readonly streamId: number;
  readonly offset: number;
  readonly fin: boolean;
}

/** RFC 9221 §4 */
export interface DatagramFrame extends FrameData {
  readonly type: 'datagram';
}

interface ConnectionIdFields {
  readonly sequenceNumber: number;
  readonly retirePriorTo: number;
  /** 1 to 20 octets. */
  readonly connectionId: Uint8Array;
  /** 16 octets. */
  readonly statelessResetToken: Uint8Array;
}

/** RFC 9000 §19.15 */
export interface NewConnectionIdFrame extends ConnectionIdFields {
  readonly type: 'new_connection_id';
}

/** MP-21 §4.4 */
export interface PathNewConnectionIdFrame extends ConnectionIdFields {
  readonly type: 'path_new_connection_id';
  readonly pathId: number;
}

/** MP-21 §4.3 */
export interface PathStatusFrame<T extends 'path_status_backup' | 'path_status_available'> {
  readonly type: T;
  readonly pathId: number;
  /** Shared by both types, per path. */
  readonly sequenceNumber: number;
}

/** RFC 9000 §19.19 */
export interface ConnectionCloseFrame {
  readonly type: 'connection_close';
  /** Type 0x1d, with a code of the application, rather than 0x1c. */
  readonly application: boolean;
  readonly errorCode: number;
  /** Type of the offending frame; 0 where unknown and for application closes. */
  readonly frameType: number;
  /** UTF-8, as the peer sent it. */
  readonly reason: Uint8Array;
}

/** The octets that a frame carries, as a view. */
export function frameData(frame: FrameData): Uint8Array {
  return frame.source.subarray(frame.dataStart, frame.dataEnd);
}

/** A copy that stays valid: every byte string and range list is its own. */
export function cloneFrame<F extends Frame>(frame: F): F {
  const copy: Record<string, unknown> = { ...frame };
  if ('source' in frame) {
    copy['source'] = new Uint8Array(frameData(frame));
    copy['dataStart'] = 0;
    copy['dataEnd'] = frame.dataEnd - frame.dataStart;
    return copy as unknown as F;
  }
  if ('ranges' in frame) {
    copy['ranges'] = frame.ranges.slice(0, 2 * frame.rangeCount);
    copy['ecn'] = frame.ecn && { ...frame.ecn };
    return copy as unknown as F;
  }
  for (const [name, value] of Object.entries(copy)) {
    if (value instanceof Uint8Array) copy[name] = new Uint8Array(value);
  }
  return copy as unknown as F;
}
