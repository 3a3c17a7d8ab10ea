import { type ByteReader, varintLength, writeVarint, writeVarint8 } from '@mpquic/wire';
import { type FrameCodec, readBounded, readStreamId, writeBytes } from './frame-codec.ts';
import {
  type CryptoFrame,
  type DatagramFrame,
  type FrameData,
  frameData,
  type PaddingFrame,
  type StreamFrame,
} from './frames.ts';
import type { Mutable } from './mutable.ts';

const CRYPTO = 0x06;
const STREAM = 0x08;
const STREAM_FIN = 0x01;
const STREAM_LENGTH = 0x02;
const STREAM_OFFSET = 0x04;
const DATAGRAM = 0x30;
const DATAGRAM_LENGTH = 0x31;

/** RFC 9000 §19.1; a run of them is read as one. */
export const paddingCodec: FrameCodec<PaddingFrame> = {
  codes: { 0: 'IH01' },
  ackEliciting: false,
  probing: true,
  read(reader, _code, scratch) {
    const { source, offset, end } = reader;
    const at = endOfZeros(source, offset, end);
    reader.skip(at - offset);
    scratch.padding.length = at - offset + 1;
    return scratch.padding;
  },
  length: (frame) => frame.length,
  write(frame, into, offset) {
    into.fill(0, offset, offset + frame.length);
    return offset + frame.length;
  },
};

/** Most datagrams of a handshake are padding for the most part: it is looked through four octets at a time. */
function endOfZeros(source: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at + 4 <= end && fourOctets(source, at) === 0) at += 4;
  while (at < end && source[at] === 0) at += 1;
  return at;
}

function fourOctets(source: Uint8Array, at: number): number {
  return (
    (source[at] as number) |
    (source[at + 1] as number) |
    (source[at + 2] as number) |
    (source[at + 3] as number)
  );
}

/** RFC 9000 §19.6 */
export const cryptoCodec: FrameCodec<CryptoFrame> = {
  codes: { [CRYPTO]: 'IH_1' },
  ackEliciting: true,
  probing: false,
  read(reader, _code, scratch) {
    const frame = scratch.crypto;
    frame.offset = readBounded(reader, 'CRYPTO_BUFFER_EXCEEDED', 'offset');
    readData(reader, reader.varintSaturating(), frame);
    return frame;
  },
  length: (frame) => {
    const length = dataLength(frame);
    return cryptoFrameHeaderLength(frame.offset, length) + length;
  },
  write(frame, into, offset) {
    const at = writeCryptoFrameHeader(into, offset, frame.offset, dataLength(frame));
    return writeBytes(frameData(frame), into, at);
  },
};

/** RFC 9000 §19.8. Written with its length; one that fills the packet is for `writeStreamFrameHeader`. */
export const streamCodec: FrameCodec<StreamFrame> = {
  codes: Object.fromEntries(
    Array.from({ length: 8 }, (_, flags) => [STREAM + flags, '__01' as const]),
  ),
  ackEliciting: true,
  probing: false,
  read(reader, code, scratch) {
    const frame = scratch.stream;
    frame.streamId = readStreamId(reader);
    frame.offset = (code & STREAM_OFFSET) === 0 ? 0 : readFlowControlled(reader, 'offset');
    const length = (code & STREAM_LENGTH) === 0 ? reader.remaining : reader.varintSaturating();
    frame.fin = (code & STREAM_FIN) !== 0;
    readData(reader, length, frame);
    return frame;
  },
  length: (frame) => {
    const length = dataLength(frame);
    return streamFrameHeaderLength(frame.streamId, frame.offset, length) + length;
  },
  write(frame, into, offset) {
    const length = dataLength(frame);
    const { streamId, fin } = frame;
    const at = writeStreamFrameHeader(into, offset, streamId, frame.offset, length, fin);
    return writeBytes(frameData(frame), into, at);
  },
};

/** RFC 9221 §4. Written with its length. */
export const datagramCodec: FrameCodec<DatagramFrame> = {
  codes: { [DATAGRAM]: '__01', [DATAGRAM_LENGTH]: '__01' },
  ackEliciting: true,
  probing: false,
  read(reader, code, scratch) {
    const length = code === DATAGRAM ? reader.remaining : reader.varintSaturating();
    readData(reader, length, scratch.datagram);
    return scratch.datagram;
  },
  length: (frame) => datagramFrameHeaderLength(dataLength(frame)) + dataLength(frame),
  write: (frame, into, offset) =>
    writeBytes(frameData(frame), into, writeDatagramFrameHeader(into, offset, dataLength(frame))),
};

/** Octets before the data of a CRYPTO frame. */
export function cryptoFrameHeaderLength(cryptoOffset: number, length: number): number {
  return 1 + varintLength(cryptoOffset) + varintLength(length);
}

/** Returns where the data goes. */
export function writeCryptoFrameHeader(
  into: Uint8Array,
  offset: number,
  cryptoOffset: number,
  length: number,
): number {
  return writeVarint(
    into,
    writeVarint(into, writeVarint(into, offset, CRYPTO), cryptoOffset),
    length,
  );
}

/** Octets before the data of a STREAM frame; without `length` the data runs to the end of the packet. */
export function streamFrameHeaderLength(
  streamId: number,
  streamOffset: number,
  length: number | undefined,
): number {
  return (
    1 +
    varintLength(streamId) +
    (streamOffset === 0 ? 0 : varintLength(streamOffset)) +
    (length === undefined ? 0 : varintLength(length))
  );
}

/** Returns where the data goes. Without `length` the data runs to the end of the packet. */
export function writeStreamFrameHeader(
  into: Uint8Array,
  offset: number,
  streamId: number,
  streamOffset: number,
  length: number | undefined,
  fin: boolean,
): number {
  into[offset] =
    STREAM |
    (streamOffset === 0 ? 0 : STREAM_OFFSET) |
    (length === undefined ? 0 : STREAM_LENGTH) |
    (fin ? STREAM_FIN : 0);
  let at = writeVarint(into, offset + 1, streamId);
  if (streamOffset !== 0) at = writeVarint(into, at, streamOffset);
  return length === undefined ? at : writeVarint(into, at, length);
}

/** From here on all offsets of streams are equally long in a header. RFC 9000 §16 */
export const LONG_OFFSET: number = 2 ** 30;

/**
 * Writes the header of the first of several frames that fill a packet each, as {@link writeStreamFrameHeader} does, and returns where
 * the data goes. The offset comes in an object: as a number it would be one itself.
 */
export function writeFirstStreamFrameHeader(
  into: Uint8Array,
  offset: number,
  frame: Pick<StreamFrame, 'streamId' | 'offset'>,
): number {
  const { streamId } = frame;
  if (frame.offset < LONG_OFFSET) {
    return writeStreamFrameHeader(into, offset, streamId, frame.offset, undefined, false);
  }
  into[offset] = STREAM | STREAM_OFFSET;
  const at = writeVarint(into, offset + 1, streamId);
  return writeVarint8(into, at, Math.floor(frame.offset / 2 ** 32), frame.offset | 0);
}

/**
 * Writes at `offset` the header of `length` octets that stands at `before`, of a frame whose data begins `ahead` octets later.
 * The caller knows both offsets to be of one length, and that the header has no Length field. From octet to octet: an offset
 * as a number would be an object for each frame.
 */
export function writeNextStreamFrameHeader(
  into: Uint8Array,
  offset: number,
  before: number,
  length: number,
  ahead: number,
): void {
  let sum = ahead;
  for (let i = length - 1; i >= 0; i--) {
    sum += into[before + i] as number;
    into[offset + i] = sum & 0xff;
    sum >>>= 8;
  }
}

/** Octets before the data of a DATAGRAM frame; without `length` the data runs to the end of the packet. */
export function datagramFrameHeaderLength(length: number | undefined): number {
  return length === undefined ? 1 : 1 + varintLength(length);
}

/** Returns where the data goes. Without `length` the data runs to the end of the packet. */
export function writeDatagramFrameHeader(
  into: Uint8Array,
  offset: number,
  length: number | undefined,
): number {
  into[offset] = length === undefined ? DATAGRAM : DATAGRAM_LENGTH;
  return length === undefined ? offset + 1 : writeVarint(into, offset + 1, length);
}

/** Above 2^53-1 is beyond any limit this endpoint gives, so RFC 9000 §19.8's two errors are one. */
function readFlowControlled(reader: ByteReader, what: string): number {
  return readBounded(reader, 'FLOW_CONTROL_ERROR', what);
}

function readData(reader: ByteReader, length: number, frame: Mutable<FrameData>): void {
  frame.source = reader.source;
  frame.dataStart = reader.offset;
  reader.skip(length);
  frame.dataEnd = reader.offset;
}

function dataLength(frame: FrameData): number {
  return frame.dataEnd - frame.dataStart;
}
