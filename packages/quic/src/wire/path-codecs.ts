import { varintLength, writeVarint } from '@mpquic/wire';
import { type FrameCodec, readBounded, readPathId } from './frame-codec.ts';
import type { FrameOf, PathStatusFrame } from './frames.ts';

const PATH_ABANDON = 0x3e75;
const PATH_STATUS_BACKUP = 0x3e76;
const PATH_STATUS_AVAILABLE = 0x3e77;
const MAX_PATH_ID = 0x3e7a;
const PATHS_BLOCKED = 0x3e7b;
const PATH_CIDS_BLOCKED = 0x3e7c;

/** MP-21 §4.2. Error codes above 2^53-1 read as 2^53-1. */
export const pathAbandonCodec: FrameCodec<FrameOf<'path_abandon'>> = {
  codes: { [PATH_ABANDON]: '___1' },
  ackEliciting: true,
  probing: false,
  read: (reader) => ({
    type: 'path_abandon',
    pathId: readPathId(reader),
    errorCode: reader.varintSaturating(),
  }),
  length: (frame) => 2 + varintLength(frame.pathId) + varintLength(frame.errorCode),
  write(frame, into, offset) {
    const at = writeVarint(into, writeVarint(into, offset, PATH_ABANDON), frame.pathId);
    return writeVarint(into, at, frame.errorCode);
  },
};

export const pathStatusBackupCodec: FrameCodec<FrameOf<'path_status_backup'>> = pathStatusCodec(
  'path_status_backup',
  PATH_STATUS_BACKUP,
);

export const pathStatusAvailableCodec: FrameCodec<FrameOf<'path_status_available'>> =
  pathStatusCodec('path_status_available', PATH_STATUS_AVAILABLE);

/** MP-21 §4.3. Sequence numbers above 2^53-1 read as 2^53-1. */
function pathStatusCodec<T extends 'path_status_backup' | 'path_status_available'>(
  type: T,
  code: number,
): FrameCodec<PathStatusFrame<T>> {
  return {
    codes: { [code]: '___1' },
    ackEliciting: true,
    probing: false,
    read: (reader) => ({
      type,
      pathId: readPathId(reader),
      sequenceNumber: reader.varintSaturating(),
    }),
    length: (frame) => 2 + varintLength(frame.pathId) + varintLength(frame.sequenceNumber),
    write(frame, into, offset) {
      const at = writeVarint(into, writeVarint(into, offset, code), frame.pathId);
      return writeVarint(into, at, frame.sequenceNumber);
    },
  };
}

/** MP-21 §4.6 */
export const maxPathIdCodec: FrameCodec<FrameOf<'max_path_id'>> = {
  codes: { [MAX_PATH_ID]: '___1' },
  ackEliciting: true,
  probing: false,
  read: (reader) => ({ type: 'max_path_id', maximum: readPathId(reader) }),
  length: (frame) => 2 + varintLength(frame.maximum),
  write: (frame, into, offset) =>
    writeVarint(into, writeVarint(into, offset, MAX_PATH_ID), frame.maximum),
};

/** MP-21 §4.7 */
export const pathsBlockedCodec: FrameCodec<FrameOf<'paths_blocked'>> = {
  codes: { [PATHS_BLOCKED]: '___1' },
  ackEliciting: true,
  probing: false,
  read: (reader) => ({ type: 'paths_blocked', maximum: readPathId(reader) }),
  length: (frame) => 2 + varintLength(frame.maximum),
  write: (frame, into, offset) =>
    writeVarint(into, writeVarint(into, offset, PATHS_BLOCKED), frame.maximum),
};

/** MP-21 §4.7 */
export const pathCidsBlockedCodec: FrameCodec<FrameOf<'path_cids_blocked'>> = {
  codes: { [PATH_CIDS_BLOCKED]: '___1' },
  ackEliciting: true,
  probing: false,
  read: (reader) => ({
    type: 'path_cids_blocked',
    pathId: readPathId(reader),
    nextSequenceNumber: readBounded(reader, 'PROTOCOL_VIOLATION', 'sequence number'),
  }),
  length: (frame) => 2 + varintLength(frame.pathId) + varintLength(frame.nextSequenceNumber),
  write(frame, into, offset) {
    const at = writeVarint(into, writeVarint(into, offset, PATH_CIDS_BLOCKED), frame.pathId);
    return writeVarint(into, at, frame.nextSequenceNumber);
  },
};
