import { type ByteReader, varintLength, writeVarint } from '@mpquic/wire';
import { TransportError } from '../transport-error.ts';
import { type FrameCodec, readBounded, readPathId, writeBytes } from './frame-codec.ts';
import type { FrameOf, NewConnectionIdFrame, PathNewConnectionIdFrame } from './frames.ts';

const NEW_CONNECTION_ID = 0x18;
const RETIRE_CONNECTION_ID = 0x19;
const PATH_NEW_CONNECTION_ID = 0x3e78;
const PATH_RETIRE_CONNECTION_ID = 0x3e79;

/** Octets of a stateless reset token. RFC 9000 §10.3 */
export const RESET_TOKEN_LENGTH = 16;
/** Octets of a connection ID in QUIC v1 and v2. RFC 9000 §17.2 */
export const MAX_CONNECTION_ID_LENGTH = 20;

/** RFC 9000 §19.15. The connection ID and the token are copies: they outlive the packet. */
export const newConnectionIdCodec: FrameCodec<NewConnectionIdFrame> = {
  codes: { [NEW_CONNECTION_ID]: '__01' },
  ackEliciting: true,
  probing: true,
  read: (reader) => ({ type: 'new_connection_id', ...readConnectionId(reader) }),
  length: (frame) => 1 + connectionIdLength(frame),
  write: (frame, into, offset) =>
    writeConnectionId(frame, into, writeVarint(into, offset, NEW_CONNECTION_ID)),
};

/** MP-21 §4.4 */
export const pathNewConnectionIdCodec: FrameCodec<PathNewConnectionIdFrame> = {
  codes: { [PATH_NEW_CONNECTION_ID]: '___1' },
  ackEliciting: true,
  probing: false,
  read: (reader) => ({
    type: 'path_new_connection_id',
    pathId: readPathId(reader),
    ...readConnectionId(reader),
  }),
  length: (frame) => 2 + varintLength(frame.pathId) + connectionIdLength(frame),
  write(frame, into, offset) {
    const at = writeVarint(into, offset, PATH_NEW_CONNECTION_ID);
    return writeConnectionId(frame, into, writeVarint(into, at, frame.pathId));
  },
};

/** RFC 9000 §19.16 */
export const retireConnectionIdCodec: FrameCodec<FrameOf<'retire_connection_id'>> = {
  codes: { [RETIRE_CONNECTION_ID]: '__01' },
  ackEliciting: true,
  probing: false,
  read: (reader) => ({
    type: 'retire_connection_id',
    sequenceNumber: readSequenceNumber(reader),
  }),
  length: (frame) => 1 + varintLength(frame.sequenceNumber),
  write: (frame, into, offset) =>
    writeVarint(into, writeVarint(into, offset, RETIRE_CONNECTION_ID), frame.sequenceNumber),
};

/** MP-21 §4.5 */
export const pathRetireConnectionIdCodec: FrameCodec<FrameOf<'path_retire_connection_id'>> = {
  codes: { [PATH_RETIRE_CONNECTION_ID]: '___1' },
  ackEliciting: true,
  probing: false,
  read: (reader) => ({
    type: 'path_retire_connection_id',
    pathId: readPathId(reader),
    sequenceNumber: readSequenceNumber(reader),
  }),
  length: (frame) => 2 + varintLength(frame.pathId) + varintLength(frame.sequenceNumber),
  write(frame, into, offset) {
    const at = writeVarint(into, offset, PATH_RETIRE_CONNECTION_ID);
    return writeVarint(into, writeVarint(into, at, frame.pathId), frame.sequenceNumber);
  },
};

type ConnectionIdFields = Omit<NewConnectionIdFrame, 'type'>;

function readConnectionId(reader: ByteReader): ConnectionIdFields {
  const sequenceNumber = readSequenceNumber(reader);
  const retirePriorTo = readSequenceNumber(reader);
  if (retirePriorTo > sequenceNumber) {
    throw new TransportError('FRAME_ENCODING_ERROR', 'retire prior to above sequence number');
  }
  const length = reader.uint8();
  if (length < 1 || length > MAX_CONNECTION_ID_LENGTH) {
    throw new TransportError('FRAME_ENCODING_ERROR', `connection ID of ${length} octets`);
  }
  const connectionId = reader.bytes(length).slice();
  const statelessResetToken = reader.bytes(RESET_TOKEN_LENGTH).slice();
  return { sequenceNumber, retirePriorTo, connectionId, statelessResetToken };
}

function connectionIdLength(frame: ConnectionIdFields): number {
  return (
    varintLength(frame.sequenceNumber) +
    varintLength(frame.retirePriorTo) +
    1 +
    frame.connectionId.length +
    RESET_TOKEN_LENGTH
  );
}

function writeConnectionId(frame: ConnectionIdFields, into: Uint8Array, offset: number): number {
  let at = writeVarint(into, offset, frame.sequenceNumber);
  at = writeVarint(into, at, frame.retirePriorTo);
  into[at] = frame.connectionId.length;
  at = writeBytes(frame.connectionId, into, at + 1);
  return writeBytes(frame.statelessResetToken, into, at);
}

/** Numbers rise by one, so none above 2^53-1 was ever issued. RFC 9000 §5.1.1 */
function readSequenceNumber(reader: ByteReader): number {
  return readBounded(reader, 'PROTOCOL_VIOLATION', 'sequence number');
}
