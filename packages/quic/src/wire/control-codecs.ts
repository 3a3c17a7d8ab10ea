import { type ByteReader, varintLength, writeVarint } from '@mpquic/wire';
import { TransportError } from '../transport-error.ts';
import { type FrameCodec, readBounded, readStreamId, writeBytes } from './frame-codec.ts';
import type { ConnectionCloseFrame, FrameOf } from './frames.ts';

/** RFC 9000 §4.6: no stream limit exceeds 2^60. */
const MAX_STREAMS = 2n ** 60n;

/** RFC 9000 §19.2 */
export const pingCodec: FrameCodec<FrameOf<'ping'>> = {
  codes: { 1: 'IH01' },
  ackEliciting: true,
  probing: false,
  read: () => PING,
  length: () => 1,
  write: (_frame, into, offset) => writeVarint(into, offset, 0x01),
};
const PING: FrameOf<'ping'> = { type: 'ping' };

/** RFC 9000 §19.20 */
export const handshakeDoneCodec: FrameCodec<FrameOf<'handshake_done'>> = {
  codes: { 30: '___1' },
  ackEliciting: true,
  probing: false,
  read: () => HANDSHAKE_DONE,
  length: () => 1,
  write: (_frame, into, offset) => writeVarint(into, offset, 0x1e),
};
const HANDSHAKE_DONE: FrameOf<'handshake_done'> = { type: 'handshake_done' };

/** RFC 9000 §19.4. Error codes above 2^53-1 read as 2^53-1. */
export const resetStreamCodec: FrameCodec<FrameOf<'reset_stream'>> = {
  codes: { 4: '__01' },
  ackEliciting: true,
  probing: false,
  read: (reader) => ({
    type: 'reset_stream',
    streamId: readStreamId(reader),
    errorCode: reader.varintSaturating(),
    finalSize: readBounded(reader, 'FLOW_CONTROL_ERROR', 'final size'),
  }),
  length: (frame) =>
    1 +
    varintLength(frame.streamId) +
    varintLength(frame.errorCode) +
    varintLength(frame.finalSize),
  write(frame, into, offset) {
    let at = writeVarint(into, offset, 0x04);
    at = writeVarint(into, at, frame.streamId);
    at = writeVarint(into, at, frame.errorCode);
    return writeVarint(into, at, frame.finalSize);
  },
};

/** RFC 9000 §19.5 */
export const stopSendingCodec: FrameCodec<FrameOf<'stop_sending'>> = {
  codes: { 5: '__01' },
  ackEliciting: true,
  probing: false,
  read: (reader) => ({
    type: 'stop_sending',
    streamId: readStreamId(reader),
    errorCode: reader.varintSaturating(),
  }),
  length: (frame) => 1 + varintLength(frame.streamId) + varintLength(frame.errorCode),
  write(frame, into, offset) {
    const at = writeVarint(into, writeVarint(into, offset, 0x05), frame.streamId);
    return writeVarint(into, at, frame.errorCode);
  },
};

/** RFC 9000 §19.7 */
export const newTokenCodec: FrameCodec<FrameOf<'new_token'>> = {
  codes: { 7: '___1' },
  ackEliciting: true,
  probing: false,
  read(reader) {
    const token = reader.bytes(reader.varintSaturating());
    if (token.length === 0) throw new TransportError('FRAME_ENCODING_ERROR', 'empty token');
    return { type: 'new_token', token };
  },
  length: (frame) => 1 + varintLength(frame.token.length) + frame.token.length,
  write(frame, into, offset) {
    const at = writeVarint(into, writeVarint(into, offset, 0x07), frame.token.length);
    return writeBytes(frame.token, into, at);
  },
};

/** RFC 9000 §19.9 */
export const maxDataCodec: FrameCodec<FrameOf<'max_data'>> = {
  codes: { 16: '__01' },
  ackEliciting: true,
  probing: false,
  read: (reader) => ({ type: 'max_data', maximum: reader.varintSaturating() }),
  length: (frame) => 1 + varintLength(frame.maximum),
  write: (frame, into, offset) => writeVarint(into, writeVarint(into, offset, 0x10), frame.maximum),
};

/** RFC 9000 §19.10 */
export const maxStreamDataCodec: FrameCodec<FrameOf<'max_stream_data'>> = {
  codes: { 17: '__01' },
  ackEliciting: true,
  probing: false,
  read: (reader) => ({
    type: 'max_stream_data',
    streamId: readStreamId(reader),
    maximum: reader.varintSaturating(),
  }),
  length: (frame) => 1 + varintLength(frame.streamId) + varintLength(frame.maximum),
  write(frame, into, offset) {
    const at = writeVarint(into, writeVarint(into, offset, 0x11), frame.streamId);
    return writeVarint(into, at, frame.maximum);
  },
};

/** RFC 9000 §19.11 */
export const maxStreamsCodec: FrameCodec<FrameOf<'max_streams'>> = {
  codes: { 18: '__01', 19: '__01' },
  ackEliciting: true,
  probing: false,
  read: (reader, code) => ({
    type: 'max_streams',
    direction: code === 0x12 ? 'bidi' : 'uni',
    maximum: readStreamCount(reader),
  }),
  length: (frame) => 1 + varintLength(frame.maximum),
  write: (frame, into, offset) =>
    writeVarint(
      into,
      writeVarint(into, offset, frame.direction === 'bidi' ? 0x12 : 0x13),
      frame.maximum,
    ),
};

/** RFC 9000 §19.12 */
export const dataBlockedCodec: FrameCodec<FrameOf<'data_blocked'>> = {
  codes: { 20: '__01' },
  ackEliciting: true,
  probing: false,
  read: (reader) => ({ type: 'data_blocked', limit: reader.varintSaturating() }),
  length: (frame) => 1 + varintLength(frame.limit),
  write: (frame, into, offset) => writeVarint(into, writeVarint(into, offset, 0x14), frame.limit),
};

/** RFC 9000 §19.13 */
export const streamDataBlockedCodec: FrameCodec<FrameOf<'stream_data_blocked'>> = {
  codes: { 21: '__01' },
  ackEliciting: true,
  probing: false,
  read: (reader) => ({
    type: 'stream_data_blocked',
    streamId: readStreamId(reader),
    limit: reader.varintSaturating(),
  }),
  length: (frame) => 1 + varintLength(frame.streamId) + varintLength(frame.limit),
  write(frame, into, offset) {
    const at = writeVarint(into, writeVarint(into, offset, 0x15), frame.streamId);
    return writeVarint(into, at, frame.limit);
  },
};

/** RFC 9000 §19.14 */
export const streamsBlockedCodec: FrameCodec<FrameOf<'streams_blocked'>> = {
  codes: { 22: '__01', 23: '__01' },
  ackEliciting: true,
  probing: false,
  read: (reader, code) => ({
    type: 'streams_blocked',
    direction: code === 0x16 ? 'bidi' : 'uni',
    limit: readStreamCount(reader),
  }),
  length: (frame) => 1 + varintLength(frame.limit),
  write: (frame, into, offset) =>
    writeVarint(
      into,
      writeVarint(into, offset, frame.direction === 'bidi' ? 0x16 : 0x17),
      frame.limit,
    ),
};

/** RFC 9000 §19.17. The octets are a copy: they outlive the packet, to be echoed. */
export const pathChallengeCodec: FrameCodec<FrameOf<'path_challenge'>> = {
  codes: { 26: '__01' },
  ackEliciting: true,
  probing: true,
  read: (reader) => ({ type: 'path_challenge', data: reader.bytes(8).slice() }),
  length: () => 9,
  write: (frame, into, offset) => writeBytes(frame.data, into, writeVarint(into, offset, 0x1a)),
};

/** RFC 9000 §19.18 */
export const pathResponseCodec: FrameCodec<FrameOf<'path_response'>> = {
  codes: { 27: '___1' },
  ackEliciting: true,
  probing: true,
  read: (reader) => ({ type: 'path_response', data: reader.bytes(8).slice() }),
  length: () => 9,
  write: (frame, into, offset) => writeBytes(frame.data, into, writeVarint(into, offset, 0x1b)),
};

/** RFC 9000 §19.19 */
export const connectionCloseCodec: FrameCodec<ConnectionCloseFrame> = {
  codes: { 28: 'IH01', 29: '__01' },
  ackEliciting: false,
  probing: false,
  read(reader, code) {
    const application = code === 0x1d;
    const errorCode = reader.varintSaturating();
    const frameType = application ? 0 : reader.varintSaturating();
    const reason = reader.bytes(reader.varintSaturating()).slice();
    return { type: 'connection_close', application, errorCode, frameType, reason };
  },
  length: (frame) =>
    1 +
    varintLength(frame.errorCode) +
    (frame.application ? 0 : varintLength(frame.frameType)) +
    varintLength(frame.reason.length) +
    frame.reason.length,
  write(frame, into, offset) {
    let at = writeVarint(into, offset, frame.application ? 0x1d : 0x1c);
    at = writeVarint(into, at, frame.errorCode);
    if (!frame.application) at = writeVarint(into, at, frame.frameType);
    return writeBytes(frame.reason, into, writeVarint(into, at, frame.reason.length));
  },
};

/** Counts up to 2^60 are valid; those above 2^53-1 read as 2^53-1. RFC 9000 §19.11 */
function readStreamCount(reader: ByteReader): number {
  if (reader.remaining > 0 && reader.peek() < 0xc0) return reader.varint();
  const count = reader.varint62();
  if (count > MAX_STREAMS) throw new TransportError('FRAME_ENCODING_ERROR', 'over 2^60 streams');
  return Math.min(Number(count), Number.MAX_SAFE_INTEGER);
}
