import { type ByteReader, type RangeSet, varintLength, writeVarint } from '@mpquic/wire';
import { TransportError } from '../transport-error.ts';
import { type FrameCodec, readBounded, readPathId } from './frame-codec.ts';
import type { FrameScratch } from './frame-scratch.ts';
import type { AckFields, AckFrame, EcnCounts, PathAckFrame } from './frames.ts';
import type { Mutable } from './mutable.ts';

/** Ranges of one frame that are kept, highest first; the rest are checked and passed over. */
export const MAX_ACK_RANGES = 1024;

const ACK = 0x02;
const ACK_ECN = 0x03;
const PATH_ACK = 0x3e;
const PATH_ACK_ECN = 0x3f;

/** RFC 9000 §19.3 */
export const ackCodec: FrameCodec<AckFrame> = {
  codes: { [ACK]: 'IH_1', [ACK_ECN]: 'IH_1' },
  ackEliciting: false,
  probing: false,
  read(reader, code, scratch) {
    const frame = scratch.ack;
    readAckFields(reader, code === ACK_ECN, frame, scratch);
    return frame;
  },
  length: (frame) => 1 + ackFieldsLength(frame),
  write: (frame, into, offset) =>
    writeAckFields(frame, into, writeVarint(into, offset, frame.ecn ? ACK_ECN : ACK)),
};

/** MP-21 §4.1 */
export const pathAckCodec: FrameCodec<PathAckFrame> = {
  codes: { [PATH_ACK]: '___1', [PATH_ACK_ECN]: '___1' },
  ackEliciting: false,
  probing: false,
  read(reader, code, scratch) {
    const frame = scratch.pathAck;
    frame.pathId = readPathId(reader);
    readAckFields(reader, code === PATH_ACK_ECN, frame, scratch);
    return frame;
  },
  length: (frame) => 1 + varintLength(frame.pathId) + ackFieldsLength(frame),
  write(frame, into, offset) {
    const at = writeVarint(into, offset, frame.ecn ? PATH_ACK_ECN : PATH_ACK);
    return writeAckFields(frame, into, writeVarint(into, at, frame.pathId));
  },
};

/**
 * Writes an ACK frame, or with `pathId` a PATH_ACK frame, with as many of the highest ranges as fit
 * before `limit`, at most {@link MAX_ACK_RANGES}. Returns the offset behind it, or `offset` itself
 * where not even one range fits or there is none. `ackDelay` is already scaled by the exponent.
 */
export function writeAckFrame(
  into: Uint8Array,
  offset: number,
  limit: number,
  received: RangeSet,
  ackDelay: number,
  ecn: EcnCounts | undefined,
  pathId: number | undefined,
): number {
  const count = fittingRanges(received, limit - offset - fixedLength(ackDelay, ecn, pathId));
  if (count === 0) return offset;
  let index = received.size - 1;
  let smallest = received.start(index);
  const largest = received.last(index);
  let at = writeAckHead(into, offset, ecn !== undefined, pathId);
  at = writeVarint(into, at, largest);
  at = writeVarint(into, at, ackDelay);
  at = writeVarint(into, at, count - 1);
  at = writeVarint(into, at, largest - smallest);
  for (let i = 1; i < count; i++) {
    index -= 1;
    const last = received.last(index);
    at = writeVarint(into, at, smallest - last - 2);
    smallest = received.start(index);
    at = writeVarint(into, at, last - smallest);
  }
  return ecn ? writeEcnCounts(ecn, into, at) : at;
}

function writeAckHead(
  into: Uint8Array,
  offset: number,
  withEcn: boolean,
  pathId: number | undefined,
): number {
  if (pathId === undefined) return writeVarint(into, offset, withEcn ? ACK_ECN : ACK);
  return writeVarint(into, writeVarint(into, offset, withEcn ? PATH_ACK_ECN : PATH_ACK), pathId);
}

/** Octets besides ranges: type, path ID, delay, range count (as its longest), ECN counts. */
function fixedLength(
  ackDelay: number,
  ecn: EcnCounts | undefined,
  pathId: number | undefined,
): number {
  const path = pathId === undefined ? 0 : varintLength(pathId);
  return 1 + path + varintLength(ackDelay) + 2 + (ecn ? ecnCountsLength(ecn) : 0);
}

function fittingRanges(received: RangeSet, room: number): number {
  let left = room;
  let count = 0;
  let smallest = 0;
  for (let index = received.size - 1; index >= 0 && count < MAX_ACK_RANGES; index--) {
    const last = received.last(index);
    left -= varintLength(count === 0 ? last : smallest - last - 2);
    smallest = received.start(index);
    left -= varintLength(last - smallest);
    if (left < 0) return count;
    count += 1;
  }
  return count;
}

function readAckFields(
  reader: ByteReader,
  withEcn: boolean,
  frame: Mutable<AckFields>,
  scratch: FrameScratch,
): void {
  let largest = readPacketNumber(reader);
  frame.ackDelay = reader.varintSaturating();
  const further = reader.varintSaturating();
  let smallest = largest - readPacketNumber(reader);
  keepRange(frame, 0, smallest, largest);
  // Two octets at least per range: a count that runs past the packet ends in UnexpectedEnd.
  for (let i = 1; i <= further; i++) {
    largest = smallest - readPacketNumber(reader) - 2;
    smallest = largest - readPacketNumber(reader);
    keepRange(frame, i, smallest, largest);
  }
  frame.rangeCount = Math.min(further + 1, MAX_ACK_RANGES);
  frame.ecn = withEcn ? readEcnCounts(reader, scratch) : undefined;
}

/** RFC 9000 §19.3.1 */
function keepRange(
  frame: Mutable<AckFields>,
  index: number,
  smallest: number,
  largest: number,
): void {
  if (smallest < 0) {
    throw new TransportError('FRAME_ENCODING_ERROR', 'acknowledges a negative packet number');
  }
  if (index >= MAX_ACK_RANGES) return;
  if (2 * index >= frame.ranges.length) {
    const larger = new Float64Array(2 * frame.ranges.length);
    larger.set(frame.ranges);
    frame.ranges = larger;
  }
  frame.ranges[2 * index] = smallest;
  frame.ranges[2 * index + 1] = largest;
}

/** No endpoint of this kind ever sends packet number 2^53: RFC 9000 §13.1. */
function readPacketNumber(reader: ByteReader): number {
  return readBounded(reader, 'PROTOCOL_VIOLATION', 'acknowledged packet number');
}

/** Counts above 2^53-1 saturate and so fail the validation of RFC 9000 §13.4.2.1. */
function readEcnCounts(reader: ByteReader, scratch: FrameScratch): EcnCounts {
  scratch.ecn.ect0 = reader.varintSaturating();
  scratch.ecn.ect1 = reader.varintSaturating();
  scratch.ecn.ce = reader.varintSaturating();
  return scratch.ecn;
}

function ecnCountsLength(ecn: EcnCounts): number {
  return varintLength(ecn.ect0) + varintLength(ecn.ect1) + varintLength(ecn.ce);
}

function writeEcnCounts(ecn: EcnCounts, into: Uint8Array, offset: number): number {
  const at = writeVarint(into, writeVarint(into, offset, ecn.ect0), ecn.ect1);
  return writeVarint(into, at, ecn.ce);
}

function ackFieldsLength(frame: AckFields): number {
  const { ranges, rangeCount } = frame;
  let smallest = ranges[0] as number;
  const largest = ranges[1] as number;
  let length = varintLength(largest) + varintLength(frame.ackDelay);
  length += varintLength(rangeCount - 1) + varintLength(largest - smallest);
  for (let i = 1; i < rangeCount; i++) {
    const last = ranges[2 * i + 1] as number;
    length += varintLength(smallest - last - 2);
    smallest = ranges[2 * i] as number;
    length += varintLength(last - smallest);
  }
  return frame.ecn ? length + ecnCountsLength(frame.ecn) : length;
}

function writeAckFields(frame: AckFields, into: Uint8Array, offset: number): number {
  const { ranges, rangeCount } = frame;
  let smallest = ranges[0] as number;
  const largest = ranges[1] as number;
  let at = writeVarint(into, offset, largest);
  at = writeVarint(into, at, frame.ackDelay);
  at = writeVarint(into, at, rangeCount - 1);
  at = writeVarint(into, at, largest - smallest);
  for (let i = 1; i < rangeCount; i++) {
    const last = ranges[2 * i + 1] as number;
    at = writeVarint(into, at, smallest - last - 2);
    smallest = ranges[2 * i] as number;
    at = writeVarint(into, at, last - smallest);
  }
  return frame.ecn ? writeEcnCounts(frame.ecn, into, at) : at;
}
