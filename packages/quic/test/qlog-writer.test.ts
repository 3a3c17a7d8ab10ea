import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHex } from '@mpquic/wire';
import fc from 'fast-check';
import {
  DEFAULT_TRANSPORT_PARAMETERS,
  type Frame,
  type ObservedPacket,
  type PathSnapshot,
  QlogWriter,
} from '../src/index.ts';
import { anyFrame } from './frame-arbitrary.ts';

/** A record as JSON.parse gives it. */
type Parsed = ReturnType<typeof JSON.parse>;

function trace(maxLength?: number): {
  qlog: QlogWriter;
  text: () => string;
  events: () => Parsed[];
} {
  let text = '';
  const qlog = new QlogWriter({
    role: 'client',
    groupId: '0102030405060708',
    startedAt: 5_000_000,
    wallClockTime: '2026-11-22T00:00:00.000Z',
    write: (record) => {
      text += record;
    },
    ...(maxLength === undefined ? {} : { maxLength }),
  });
  const records = () =>
    text
      .split('\u001e')
      .slice(1)
      .map((record) => {
        assert.ok(record.endsWith('\n'));
        return JSON.parse(record);
      });
  return { qlog, text: () => text, events: () => records().slice(1) };
}

function packet(frames: readonly Frame[], pathId = 1): ObservedPacket {
  return { level: 'application', pathId, packetNumber: 7, length: 1200, frames };
}

const path: PathSnapshot = {
  id: 2,
  local: { host: '10.0.0.1', port: 1000 },
  remote: { host: '2001:db8::1', port: 443 },
  state: 'validating',
  localStatus: undefined,
  peerStatus: undefined,
  suspect: false,
  smoothedRtt: 12_345,
  minRtt: 10_000,
  latestRtt: 11_000,
  rttVariance: 500,
  pto: 30_000,
  congestionWindow: 14_000,
  bytesInFlight: 1200,
  bytesSent: 0,
  bytesReceived: 0,
  packetsSent: 0,
  packetsReceived: 0,
  packetsLost: 0,
  maxDatagramSize: 1350,
  ecn: 'testing',
  ptoCount: 1,
};

test('a trace begins with its header', () => {
  const { text } = trace();
  const header = JSON.parse(text().slice(1));
  assert.equal(header.file_schema, 'urn:ietf:params:qlog:file:sequential');
  assert.equal(header.serialization_format, 'application/qlog+json-seq');
  assert.equal(header.trace.vantage_point.type, 'client');
  assert.equal(header.trace.common_fields.group_id, '0102030405060708');
  assert.ok(text().indexOf('serialization_format') < 256);
});

test('packets carry path ID, tuple and frames in the names of the draft', () => {
  const { qlog, events } = trace();
  const parameters = { ...DEFAULT_TRANSPORT_PARAMETERS, ackDelayExponent: 10 };
  qlog.parametersSet(parameters, 'peer', 5_000_500);
  const ack: Frame = {
    type: 'path_ack',
    pathId: 1,
    ackDelay: 5,
    rangeCount: 2,
    ranges: Float64Array.of(9, 12, 4, 4),
    ecn: { ect0: 3, ect1: 0, ce: 1 },
  };
  const source = fromHex('00aabbcc');
  const stream: Frame = {
    type: 'stream',
    streamId: 4,
    offset: 10,
    fin: true,
    source,
    dataStart: 1,
    dataEnd: 4,
  };
  qlog.packetReceived(packet([ack, stream, { type: 'padding', length: 9 }]), 5_001_250);
  const [set, received] = events();
  assert.equal(set?.time, 0.5);
  assert.equal(set.data.initiator, 'remote');
  assert.deepEqual(received, {
    time: 1.25,
    name: 'quic:packet_received',
    tuple: '1',
    data: {
      header: { packet_type: '1RTT', packet_number: 7, path_id: 1 },
      raw: { length: 1200 },
      frames: [
        {
          frame_type: 'path_ack',
          path_id: 1,
          ack_delay: 5.12,
          acked_ranges: [[9, 12], [4]],
          ect1: 0,
          ect0: 3,
          ce: 1,
        },
        { frame_type: 'stream', stream_id: 4, offset: 10, fin: true, raw: { length: 3 } },
        { frame_type: 'padding', raw: { payload_length: 9 } },
      ],
    },
  });
});

test('every frame becomes a record, whatever a peer put into it', () => {
  const { qlog, events } = trace();
  fc.assert(
    fc.property(fc.array(anyFrame, { maxLength: 5 }), (frames) => {
      qlog.packetSent(packet(frames, 0), 5_000_000);
      qlog.packetReceived({ ...packet(frames), level: 'initial' }, 5_000_000);
    }),
    { numRuns: 50 },
  );
  const recorded = events();
  assert.equal(recorded.length, 100);
  for (const { data } of recorded) {
    for (const frame of data.frames) assert.equal(typeof frame.frame_type, 'string');
  }
});

test('no token and no data reaches a trace', () => {
  const { qlog, text } = trace();
  const secret = fromHex('5ec4e75ec4e75ec4e75ec4e75ec4e7ff');
  const data = { source: secret, dataStart: 0, dataEnd: 16 };
  const connectionId = {
    sequenceNumber: 1,
    retirePriorTo: 0,
    connectionId: fromHex('0a0b0c0d'),
    statelessResetToken: secret,
  };
  qlog.packetSent(
    packet([
      { type: 'new_token', token: secret },
      { type: 'crypto', offset: 0, ...data },
      { type: 'stream', streamId: 0, offset: 0, fin: false, ...data },
      { type: 'datagram', ...data },
      { type: 'new_connection_id', ...connectionId },
      { type: 'path_new_connection_id', pathId: 3, ...connectionId },
    ]),
    5_000_000,
  );
  const parameters = { ...DEFAULT_TRANSPORT_PARAMETERS, statelessResetToken: secret };
  qlog.parametersSet(parameters, 'peer', 5_000_000);
  assert.ok(text().includes('0a0b0c0d'));
  assert.ok(!text().includes('5ec4e7'));
});

test('paths are told by tuples and states, once for each change', () => {
  const { qlog, events } = trace();
  qlog.pathUpdated(path, 5_000_000);
  qlog.pathUpdated(path, 5_000_001);
  qlog.pathUpdated({ ...path, state: 'active', peerStatus: 'backup' }, 5_000_002);
  qlog.pathUpdated(
    { ...path, state: 'active', peerStatus: 'backup', local: { host: '10.0.0.2', port: 1 } },
    5_000_003,
  );
  qlog.pathUpdated({ ...path, state: 'abandoned' }, 5_000_004);
  assert.deepEqual(
    events().map(({ name, data }) => [name, data.state ?? data.tuple_local?.ip_v4]),
    [
      ['quic:tuple_assigned', '10.0.0.1'],
      ['quic:path_state_updated', 'validating'],
      ['quic:path_state_updated', 'active'],
      ['quic:tuple_assigned', '10.0.0.2'],
      ['quic:tuple_assigned', undefined],
      ['quic:path_state_updated', 'abandoned'],
    ],
  );
  assert.deepEqual(events()[0]?.data.tuple_remote, { ip_v6: '2001:db8::1', port_v6: 443 });
});

test('losses, drops, metrics, key updates and the close', () => {
  const { qlog, events } = trace();
  qlog.connectionStarted(path.local, path.remote, 5_000_000);
  qlog.packetLost(2, 9, 'time_threshold', 5_000_000);
  qlog.packetLost(2, 9, 'something else', 5_000_000);
  qlog.packetDropped('decryption_failed', 40, 5_000_000);
  qlog.packetDropped('new_reason', 40, 5_000_000);
  qlog.recoveryMetrics(path, 5_000_000);
  qlog.keyUpdated(1, 'peer', 5_000_000);
  const close = { application: false, frameType: 0, reason: '' };
  qlog.connectionClosed({ by: 'peer', code: 0x133, ...close }, 5_000_000);
  qlog.connectionClosed({ by: 'local', code: 0x0a, ...close }, 5_000_000);
  qlog.connectionClosed({ by: 'idle', code: 0, ...close }, 5_000_000);
  qlog.connectionClosed({ by: 'peer', code: 9, ...close, application: true }, 5_000_000);
  const data = events().map((event) => event.data);
  assert.deepEqual(data[0]?.local, { ip_v4: '10.0.0.1', port_v4: 1000 });
  assert.equal(data[1].trigger, 'time_threshold');
  assert.equal(data[2].trigger, undefined);
  assert.equal(data[3].trigger, 'decryption_failure');
  assert.deepEqual([data[4].trigger, data[4].details.reason], ['general', 'new_reason']);
  assert.equal(data[5].smoothed_rtt, 12.345);
  assert.deepEqual(
    [data[6].key_type, data[7].key_type, data[7].key_phase, data[7].trigger],
    ['client_1rtt_secret', 'server_1rtt_secret', 1, 'remote_update'],
  );
  assert.equal(data[8].connection_error, 'crypto_error_0x133');
  assert.equal(data[9].connection_error, 'protocol_violation');
  assert.equal(data[10].trigger, 'idle_timeout');
  assert.deepEqual([data[11].application_error, data[11].error_code], ['unknown', 9]);
});

test('a record is bounded however many frames and ranges a packet has', () => {
  const { qlog, events } = trace();
  const ranges = Float64Array.from({ length: 2000 }, (_, i) => 10_000 - i);
  const ack: Frame = { type: 'ack', ackDelay: 0, rangeCount: 1000, ranges, ecn: undefined };
  qlog.packetReceived(packet(Array.from({ length: 5000 }, () => ack)), 5_000_000);
  const [event] = events();
  assert.equal(event?.data.frames.length, 64);
  assert.equal(event.data.frames_omitted, 4936);
  assert.equal(event.data.frames[0].acked_ranges.length, 32);
  assert.equal(event.data.frames[0].acked_ranges_omitted, 968);
});

test('a trace ends with a warning at its maximum length', () => {
  const { qlog, events, text } = trace(2000);
  for (let i = 0; i < 1000; i++) qlog.packetDropped('duplicate', i, 5_000_000);
  assert.equal(events().at(-1)?.name, 'loglevel:warning');
  assert.ok(text().length < 2500);
});
