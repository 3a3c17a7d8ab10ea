import { type ByteReader, varintLength, writeVarint } from '@mpquic/wire';
import { TransportError } from '../transport-error.ts';
import { type FrameCodec, readBounded, readPathId } from './frame-codec.ts';
import type { FrameOf, NewConnectionIdFrame, PathNewConnectionIdFrame } from './frames.ts';
import type { Mutable } from './mutable.ts';

const NEW_CONNECTION_ID = 0x18;
const RETIRE_CONNECTION_ID = 0x19;
const PATH_NEW_CONNECTION_ID = 0x3e78;
const PATH_RETIRE_CONNECTION_ID = 0x3e79;

/** Octets of a stateless reset token. RFC 9000 §10.3 */
export const RESET_TOKEN_LENGTH = 16;
/** Octets of a connection ID in QUIC v1 and v2. RFC 9000 §17.2 */
export const MAX_CONNECTION_ID_LENGTH = 20;

/** RFC 9000 §19.15 */
export const newConnectionIdCodec: FrameCodec<NewConnectionIdFrame> = {
  codes: { [NEW_CONNECTION_ID]: '__01' },
  ackEliciting: true,
  probing: true,
  read(reader, _code, { newConnectionId }) {
    readConnectionId(reader, newConnectionId);
    return newConnectionId;
  },
  length: (frame) => 1 + connectionIdLength(frame),
  write: (frame, into, offset) =>
    writeConnectionId(frame, into, writeVarint(into, offset, NEW_CONNECTION_ID)),
};

/** MP-21 §4.4 */
export const pathNewConnectionIdCodec: FrameCodec<PathNewConnectionIdFrame> = {
  codes: { [PATH_NEW_CONNECTION_ID]: '___1' },
  ackEliciting: true,
  probing: false,
  read(reader, _code, { pathNewConnectionId }) {
    pathNewConnectionId.pathId = readPathId(reader);
    readConnectionId(reader, pathNewConnectionId);
    return pathNewConnectionId;
  },
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

function readConnectionId(reader: ByteReader, into: Mutable<ConnectionIdFields>): void {
  const sequenceNumber = readSequenceNumber(reader);
  const retirePriorTo = readSequenceNumber(reader);
  if (retirePriorTo > sequenceNumber) {
    throw new TransportError('FRAME_ENCODING_ERROR', 'retire prior to above sequence number');
  }
  const length = reader.uint8();
  if (length < 1 || length > MAX_CONNECTION_ID_LENGTH) {
    throw new TransportError('FRAME_ENCODING_ERROR', `connection ID of ${length} octets`);
  }
  into.sequenceNumber = sequenceNumber;
  into.retirePriorTo = retirePriorTo;
  if (into.connectionId.length !== length) into.connectionId = new Uint8Array(length);
  reader.fill(into.connectionId);
  reader.fill(into.statelessResetToken);
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
  at = writeFew(frame.connectionId, into, at + 1);
  return writeFew(frame.statelessResetToken, into, at);
}

/** For so few octets, quicker than a call of `set`. */
function writeFew(octets: Uint8Array, into: Uint8Array, offset: number): number {
  for (let i = 0; i < octets.length; i++) into[offset + i] = octets[i] as number;
  return offset + octets.length;
}

/** Numbers rise by one, so none above 2^53-1 was ever issued. RFC 9000 §5.1.1 */
function readSequenceNumber(reader: ByteReader): number {
  return readBounded(reader, 'PROTOCOL_VIOLATION', 'sequence number');
}
