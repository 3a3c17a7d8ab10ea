import fc, { type Arbitrary } from 'fast-check';
import type { Frame, FrameOf, FrameType } from '../src/index.ts';

const integer = fc.oneof(
  fc.integer({ min: 0, max: 63 }),
  fc.integer({ min: 0, max: 2 ** 14 }),
  fc.integer({ min: 0, max: 2 ** 30 }),
  fc.maxSafeNat(),
);
const pathId = fc.oneof(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 0, max: 2 ** 32 - 1 }));
const octets = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength });
const direction = fc.constantFrom('bidi' as const, 'uni' as const);
const data = octets(0, 40).map((source) => ({ source, dataStart: 0, dataEnd: source.length }));
const ecn = fc.option(fc.record({ ect0: integer, ect1: integer, ce: integer }), {
  nil: undefined,
});

/** Descending ranges with gaps, from their lengths and gaps. */
const ranges = fc
  .array(fc.tuple(fc.nat(1000), fc.nat(1000)), { minLength: 1, maxLength: 50 })
  .map((steps) => {
    const flat: number[] = [];
    let smallest = 0;
    for (const [length, gap] of steps) {
      flat.unshift(smallest, smallest + length);
      smallest += length + gap + 2;
    }
    const descending: number[] = [];
    for (let i = 0; i < flat.length; i += 2) {
      descending.push(flat[i] as number, flat[i + 1] as number);
    }
    return { ranges: Float64Array.from(descending), rangeCount: steps.length };
  });
const acknowledgment = fc
  .tuple(ranges, integer, ecn)
  .map(([fields, ackDelay, counts]) => ({ ...fields, ackDelay, ecn: counts }));
const connectionId = fc
  .record({
    sequenceNumber: integer,
    retirePriorTo: integer,
    connectionId: octets(1, 20),
    statelessResetToken: octets(16, 16),
  })
  .map((fields) => ({
    ...fields,
    retirePriorTo: Math.min(fields.retirePriorTo, fields.sequenceNumber),
  }));

type Fields<T extends FrameType> = Omit<FrameOf<T>, 'type'>;

/** The fields of every frame; those of a new one are asked for by the compiler. */
const FIELDS: { readonly [T in FrameType]: Arbitrary<Fields<T>> } = {
  padding: fc.record({ length: fc.integer({ min: 1, max: 30 }) }),
  ping: fc.constant({}),
  ack: acknowledgment,
  path_ack: fc.tuple(acknowledgment, pathId).map(([fields, id]) => ({ ...fields, pathId: id })),
  reset_stream: fc.record({ streamId: integer, errorCode: integer, finalSize: integer }),
  stop_sending: fc.record({ streamId: integer, errorCode: integer }),
  crypto: fc.tuple(data, integer).map(([fields, offset]) => ({ ...fields, offset })),
  new_token: fc.record({ token: octets(1, 40) }),
  stream: fc
    .tuple(data, integer, integer, fc.boolean())
    .map(([fields, streamId, offset, fin]) => ({ ...fields, streamId, offset, fin })),
  max_data: fc.record({ maximum: integer }),
  max_stream_data: fc.record({ streamId: integer, maximum: integer }),
  max_streams: fc.record({ direction, maximum: integer }),
  data_blocked: fc.record({ limit: integer }),
  stream_data_blocked: fc.record({ streamId: integer, limit: integer }),
  streams_blocked: fc.record({ direction, limit: integer }),
  new_connection_id: connectionId,
  retire_connection_id: fc.record({ sequenceNumber: integer }),
  path_challenge: fc.record({ data: octets(8, 8) }),
  path_response: fc.record({ data: octets(8, 8) }),
  connection_close: fc
    .record({
      application: fc.boolean(),
      errorCode: integer,
      frameType: integer,
      reason: octets(0, 20),
    })
    .map((fields) => ({ ...fields, frameType: fields.application ? 0 : fields.frameType })),
  handshake_done: fc.constant({}),
  datagram: data,
  path_abandon: fc.record({ pathId, errorCode: integer }),
  path_status_backup: fc.record({ pathId, sequenceNumber: integer }),
  path_status_available: fc.record({ pathId, sequenceNumber: integer }),
  path_new_connection_id: fc
    .tuple(connectionId, pathId)
    .map(([fields, id]) => ({ ...fields, pathId: id })),
  path_retire_connection_id: fc.record({ pathId, sequenceNumber: integer }),
  max_path_id: fc.record({ maximum: pathId }),
  paths_blocked: fc.record({ maximum: pathId }),
  path_cids_blocked: fc.record({ pathId, nextSequenceNumber: integer }),
};

/** Every frame that can stand in a packet. */
export const anyFrame: Arbitrary<Frame> = fc.oneof(
  ...Object.entries(FIELDS).map(([type, fields]) =>
    (fields as Arbitrary<object>).map((values) => ({ type, ...values }) as Frame),
  ),
);
