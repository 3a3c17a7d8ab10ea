import type { Frame, PacketLevel } from '@mpquic/quic';
import { fromUtf8, toHex } from '@mpquic/wire';
import { readFrames } from './packet-frames.ts';

/** A frame as `mpq decrypt --json` prints it: its type and fields, byte strings in hexadecimal. */
export interface FrameJson {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** All frames of a packet; a last one of type `malformed` where they cannot be read to the end. */
export function framesJson(level: PacketLevel, plaintext: Uint8Array): readonly FrameJson[] {
  const frames: FrameJson[] = [];
  const error = readFrames(
    level,
    plaintext,
    (frame) => frames.push(frameJson(frame)),
    ({ type, fields }) => frames.push({ type, ...fields }),
  );
  if (error) {
    frames.push({ type: 'malformed', frameType: error.frameType, reason: error.reason });
  }
  return frames;
}

/** Data is told by its length; ranges as pairs of smallest and largest packet number. */
function frameJson(frame: Frame): FrameJson {
  if ('source' in frame) {
    const { source: _source, dataStart, dataEnd, ...fields } = frame;
    return { ...fields, length: dataEnd - dataStart };
  }
  if ('ranges' in frame) {
    const { ranges, rangeCount, ecn, ...fields } = frame;
    const pairs = Array.from({ length: rangeCount }, (_, i) => [ranges[2 * i], ranges[2 * i + 1]]);
    return { ...fields, ranges: pairs, ...(ecn && { ecn: { ...ecn } }) };
  }
  if (frame.type === 'connection_close') return { ...frame, reason: fromUtf8(frame.reason) };
  const fields = Object.entries(frame).map(([name, value]) => [
    name,
    value instanceof Uint8Array ? toHex(value) : value,
  ]);
  return { type: frame.type, ...Object.fromEntries(fields) };
}
