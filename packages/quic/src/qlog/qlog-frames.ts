import { fromUtf8, toHex } from '@mpquic/wire';
import type { AckFields, Frame, FrameData, FrameOf, FrameType } from '../wire/frames.ts';
import { qlogApplicationError, qlogTransportError } from './qlog-errors.ts';

/** A value that JSON can hold. */
export type Json =
  | string
  | number
  | boolean
  | readonly Json[]
  | { readonly [field: string]: Json | undefined };
export type JsonObject = { readonly [field: string]: Json | undefined };

/** Ranges of an ACK that a record holds, highest first. */
const MAX_RANGES = 32;

/**
 * A frame as the draft's `$QuicFrame`, without data, tokens and reset tokens. PATH_* frames and the
 * other ones of multipath belong to our extension schema; see docs/qlog-multipath.md.
 * @param ackDelayExponent of the side that sent the frame
 */
export function qlogFrame(frame: Frame, ackDelayExponent: number): JsonObject {
  const fields = FIELDS[frame.type] as (frame: Frame, exponent: number) => JsonObject;
  return { frame_type: frame.type, ...fields(frame, ackDelayExponent) };
}

type FieldsOf<T extends FrameType> = (frame: FrameOf<T>, ackDelayExponent: number) => JsonObject;

const FIELDS: { readonly [T in FrameType]: FieldsOf<T> } = {
  padding: (frame) => ({ raw: { payload_length: frame.length } }),
  ping: () => ({}),
  ack: acknowledgment,
  path_ack: (frame, exponent) => ({ path_id: frame.pathId, ...acknowledgment(frame, exponent) }),
  reset_stream: (frame) => ({
    stream_id: frame.streamId,
    ...qlogApplicationError(frame.errorCode),
    final_size: frame.finalSize,
  }),
  stop_sending: (frame) => ({
    stream_id: frame.streamId,
    ...qlogApplicationError(frame.errorCode),
  }),
  crypto: (frame) => ({ offset: frame.offset, raw: rawLength(frame) }),
  new_token: (frame) => ({
    token: { type: 'resumption', raw: { length: frame.token.length } },
  }),
  stream: (frame) => ({
    stream_id: frame.streamId,
    offset: frame.offset,
    fin: frame.fin || undefined,
    raw: rawLength(frame),
  }),
  max_data: ({ maximum }) => ({ maximum }),
  max_stream_data: ({ streamId, maximum }) => ({ stream_id: streamId, maximum }),
  max_streams: ({ direction, maximum }) => ({ stream_type: STREAM_TYPES[direction], maximum }),
  data_blocked: ({ limit }) => ({ limit }),
  stream_data_blocked: ({ streamId, limit }) => ({ stream_id: streamId, limit }),
  streams_blocked: ({ direction, limit }) => ({ stream_type: STREAM_TYPES[direction], limit }),
  new_connection_id: connectionId,
  retire_connection_id: ({ sequenceNumber }) => ({ sequence_number: sequenceNumber }),
  path_challenge: ({ data }) => ({ data: toHex(data) }),
  path_response: ({ data }) => ({ data: toHex(data) }),
  connection_close: (frame) => ({
    error_space: frame.application ? 'application' : 'transport',
    ...(frame.application
      ? qlogApplicationError(frame.errorCode)
      : qlogTransportError(frame.errorCode)),
    reason: frame.reason.length > 0 ? fromUtf8(frame.reason) : undefined,
    trigger_frame_type: frame.frameType || undefined,
  }),
  handshake_done: () => ({}),
  datagram: (frame) => ({ raw: rawLength(frame) }),
  path_abandon: (frame) => ({ path_id: frame.pathId, ...qlogTransportError(frame.errorCode) }),
  path_status_backup: pathSequence,
  path_status_available: pathSequence,
  path_new_connection_id: (frame) => ({ path_id: frame.pathId, ...connectionId(frame) }),
  path_retire_connection_id: pathSequence,
  max_path_id: ({ maximum }) => ({ maximum_path_id: maximum }),
  paths_blocked: ({ maximum }) => ({ maximum_path_id: maximum }),
  path_cids_blocked: (frame) => ({
    path_id: frame.pathId,
    next_sequence_number: frame.nextSequenceNumber,
  }),
};

const STREAM_TYPES = { bidi: 'bidirectional', uni: 'unidirectional' } as const;

function acknowledgment(frame: AckFields, ackDelayExponent: number): JsonObject {
  const shown = Math.min(frame.rangeCount, MAX_RANGES);
  return {
    ack_delay: (frame.ackDelay * 2 ** ackDelayExponent) / 1000,
    acked_ranges: Array.from({ length: shown }, (_, i) => ackedRange(frame.ranges, 2 * i)),
    acked_ranges_omitted: frame.rangeCount - shown || undefined,
    ect1: frame.ecn?.ect1,
    ect0: frame.ecn?.ect0,
    ce: frame.ecn?.ce,
  };
}

function ackedRange(ranges: Float64Array, at: number): readonly number[] {
  const smallest = ranges[at] as number;
  const largest = ranges[at + 1] as number;
  return smallest === largest ? [smallest] : [smallest, largest];
}

function connectionId(frame: {
  readonly sequenceNumber: number;
  readonly retirePriorTo: number;
  readonly connectionId: Uint8Array;
}): JsonObject {
  return {
    sequence_number: frame.sequenceNumber,
    retire_prior_to: frame.retirePriorTo,
    connection_id: toHex(frame.connectionId),
  };
}

function pathSequence(frame: {
  readonly pathId: number;
  readonly sequenceNumber: number;
}): JsonObject {
  return { path_id: frame.pathId, sequence_number: frame.sequenceNumber };
}

function rawLength(frame: FrameData): JsonObject {
  return { length: frame.dataEnd - frame.dataStart };
}
