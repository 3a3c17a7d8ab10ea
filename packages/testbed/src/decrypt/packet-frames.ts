import { type Frame, FrameReader, type PacketLevel, TransportError } from '@mpquic/quic';
import type { ByteReader } from '@mpquic/wire';

/** A frame of an extension that our stack does not speak, but that captures of others hold. */
export interface ForeignFrame {
  readonly type: string;
  readonly fields: Readonly<Record<string, number>>;
}

const FOREIGN_FRAMES: ReadonlyMap<number, readonly [string, ...string[]]> = new Map([
  [0x1f, ['immediate_ack']],
  [0x24, ['reset_stream_at', 'streamId', 'errorCode', 'finalSize', 'reliableSize']],
  [
    0xaf,
    ['ack_frequency', 'sequenceNumber', 'threshold', 'requestedMaxAckDelay', 'reorderingThreshold'],
  ],
  [0x02f5, ['time_stamp', 'timestamp']],
]);

/**
 * Reads all frames of a packet, each lent to `onFrame` or `onForeign` for the call. Returns what is
 * wrong where they cannot be read to the end.
 */
export function readFrames(
  level: PacketLevel,
  plaintext: Uint8Array,
  onFrame: (frame: Frame) => void,
  onForeign: (frame: ForeignFrame) => void,
): TransportError | undefined {
  const reader = new FrameReader((frameType, bytes) => {
    const frame = readForeign(frameType, bytes);
    if (frame) onForeign(frame);
    return frame !== undefined;
  });
  try {
    reader.begin(level, plaintext, 0, plaintext.length);
    for (let frame = reader.next(); frame; frame = reader.next()) onFrame(frame);
    return undefined;
  } catch (error) {
    if (error instanceof TransportError) return error;
    throw error;
  }
}

/** All of them consist of integers. */
function readForeign(frameType: number, bytes: ByteReader): ForeignFrame | undefined {
  const [type, ...names] = FOREIGN_FRAMES.get(frameType) ?? [];
  if (type === undefined) return undefined;
  const fields = Object.fromEntries(names.map((name) => [name, bytes.varintSaturating()]));
  return { type, fields };
}
