import { ackCodec, pathAckCodec } from './ack-codec.ts';
import {
  newConnectionIdCodec,
  pathNewConnectionIdCodec,
  pathRetireConnectionIdCodec,
  retireConnectionIdCodec,
} from './connection-id-codecs.ts';
import {
  connectionCloseCodec,
  dataBlockedCodec,
  handshakeDoneCodec,
  maxDataCodec,
  maxStreamDataCodec,
  maxStreamsCodec,
  newTokenCodec,
  pathChallengeCodec,
  pathResponseCodec,
  pingCodec,
  resetStreamCodec,
  stopSendingCodec,
  streamDataBlockedCodec,
  streamsBlockedCodec,
} from './control-codecs.ts';
import { cryptoCodec, datagramCodec, paddingCodec, streamCodec } from './data-codecs.ts';
import type { FrameCodec } from './frame-codec.ts';
import type { Frame, FrameOf, FrameType } from './frames.ts';
import {
  maxPathIdCodec,
  pathAbandonCodec,
  pathCidsBlockedCodec,
  pathStatusAvailableCodec,
  pathStatusBackupCodec,
  pathsBlockedCodec,
} from './path-codecs.ts';

/** Every frame of RFC 9000, RFC 9221 and MP-21. */
export const FRAME_CODECS: { readonly [T in FrameType]: FrameCodec<FrameOf<T>> } = {
  padding: paddingCodec,
  ping: pingCodec,
  ack: ackCodec,
  reset_stream: resetStreamCodec,
  stop_sending: stopSendingCodec,
  crypto: cryptoCodec,
  new_token: newTokenCodec,
  stream: streamCodec,
  max_data: maxDataCodec,
  max_stream_data: maxStreamDataCodec,
  max_streams: maxStreamsCodec,
  data_blocked: dataBlockedCodec,
  stream_data_blocked: streamDataBlockedCodec,
  streams_blocked: streamsBlockedCodec,
  new_connection_id: newConnectionIdCodec,
  retire_connection_id: retireConnectionIdCodec,
  path_challenge: pathChallengeCodec,
  path_response: pathResponseCodec,
  connection_close: connectionCloseCodec,
  handshake_done: handshakeDoneCodec,
  datagram: datagramCodec,
  path_ack: pathAckCodec,
  path_abandon: pathAbandonCodec,
  path_status_backup: pathStatusBackupCodec,
  path_status_available: pathStatusAvailableCodec,
  path_new_connection_id: pathNewConnectionIdCodec,
  path_retire_connection_id: pathRetireConnectionIdCodec,
  max_path_id: maxPathIdCodec,
  paths_blocked: pathsBlockedCodec,
  path_cids_blocked: pathCidsBlockedCodec,
};

/** Octets of the frame as {@link writeFrame} writes it. */
export function frameLength(frame: Frame): number {
  return codecOf(frame).length(frame);
}

/** Writes a frame, which the caller knows to fit, and returns the offset behind it. */
export function writeFrame(frame: Frame, into: Uint8Array, offset: number): number {
  return codecOf(frame).write(frame, into, offset);
}

function codecOf<F extends Frame>(frame: F): FrameCodec<F> {
  return FRAME_CODECS[frame.type] as unknown as FrameCodec<F>;
}
