import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '@mpquic/wire';
import type { Frame } from '../src/wire/frames.ts';
import { pathAckFrame, ScriptedPeer, streamFrame } from './scripted-peer.ts';

const Code = {
  flowControl: 0x03,
  streamLimit: 0x04,
  streamState: 0x05,
  finalSize: 0x06,
  frameEncoding: 0x07,
  protocolViolation: 0x0a,
} as const;

/** Streams of a client: 0, 4, ... both ways, 2, 6, ... its own; of the server under test: 1, 5, ... and 3, 7, ... */
const octets = (count: number): Uint8Array => new Uint8Array(count);

/** Frames that close a server, each sent after an established handshake. */
const violations: readonly [why: string, code: number, frames: readonly Frame[]][] = [
  ['§4.1: a stream beyond its limit', Code.flowControl, [streamFrame(0, octets(10), 256 << 10)]],
  [
    '§4.5: a final size that changes',
    Code.finalSize,
    [streamFrame(0, octets(5), 0, true), streamFrame(0, octets(5), 5, true)],
  ],
  [
    '§4.5: data beyond the final size',
    Code.finalSize,
    [streamFrame(0, octets(5), 0, true), streamFrame(0, octets(5), 5)],
  ],
  [
    '§4.5: a final size below what arrived',
    Code.finalSize,
    [streamFrame(0, octets(5), 5), streamFrame(0, octets(5), 0, true)],
  ],
  [
    '§4.5: RESET_STREAM with another final size',
    Code.finalSize,
    [
      streamFrame(0, octets(5), 0, true),
      { type: 'reset_stream', streamId: 0, errorCode: 0, finalSize: 6 },
    ],
  ],
  [
    '§4.5: a final size beyond the limit of its stream',
    Code.flowControl,
    [{ type: 'reset_stream', streamId: 0, errorCode: 0, finalSize: (256 << 10) + 1 }],
  ],
  [
    '§19.4: RESET_STREAM on a stream of the server that is not open',
    Code.streamState,
    [{ type: 'reset_stream', streamId: 1, errorCode: 0, finalSize: 0 }],
  ],
  [
    '§19.13: STREAM_DATA_BLOCKED on a stream of the server that is not open',
    Code.streamState,
    [{ type: 'stream_data_blocked', streamId: 1, limit: 1 }],
  ],
  ['§4.6: more streams than allowed', Code.streamLimit, [streamFrame(4 * 100, octets(1))]],
  [
    '§4.6: more unidirectional streams than allowed',
    Code.streamLimit,
    [streamFrame(4 * 100 + 2, octets(1))],
  ],
  [
    '§19.8: STREAM on a stream that only the server sends on',
    Code.streamState,
    [streamFrame(3, octets(1))],
  ],
  [
    '§19.8: STREAM on a stream of the server that is not open',
    Code.streamState,
    [streamFrame(1, octets(1))],
  ],
  [
    '§19.4: RESET_STREAM on a send-only stream',
    Code.streamState,
    [{ type: 'reset_stream', streamId: 3, errorCode: 0, finalSize: 0 }],
  ],
  [
    '§19.5: STOP_SENDING on a receive-only stream',
    Code.streamState,
    [{ type: 'stop_sending', streamId: 2, errorCode: 0 }],
  ],
  [
    '§19.5: STOP_SENDING on a stream that is not open',
    Code.streamState,
    [{ type: 'stop_sending', streamId: 1, errorCode: 0 }],
  ],
  [
    '§19.10: MAX_STREAM_DATA on a receive-only stream',
    Code.streamState,
    [{ type: 'max_stream_data', streamId: 2, maximum: 1 }],
  ],
  [
    '§19.10: MAX_STREAM_DATA on a stream that is not open',
    Code.streamState,
    [{ type: 'max_stream_data', streamId: 1, maximum: 1 }],
  ],
  [
    '§19.13: STREAM_DATA_BLOCKED on a send-only stream',
    Code.streamState,
    [{ type: 'stream_data_blocked', streamId: 3, limit: 1 }],
  ],
];

for (const [why, code, frames] of violations) {
  test(`RFC 9000 ${why}`, () => {
    const peer = new ScriptedPeer('client').establish();
    for (const frame of frames) peer.write([frame]);
    peer.wantClose(why, code);
  });
}

test('RFC 9000 §4.1: all streams together beyond the limit of the connection', () => {
  const peer = new ScriptedPeer('client', { server: { initialMaxData: 1000 } }).establish();
  peer.write([streamFrame(0, octets(600)), streamFrame(4, octets(400))]);
  peer.wantOpen('up to the limit');
  peer.write([streamFrame(8, octets(1))]);
  peer.wantClose('beyond it', Code.flowControl);
});

test('RFC 9000 §4.1: octets that arrive twice count once', () => {
  const peer = new ScriptedPeer('client', { server: { initialMaxData: 1000 } }).establish();
  for (let i = 0; i < 10; i++) peer.write([streamFrame(0, octets(600))]);
  peer.wantOpen('repeated octets');
});

test('RFC 9000 §3.5: STOP_SENDING is answered by RESET_STREAM', () => {
  const peer = new ScriptedPeer('client').establish();
  const id = peer.connection.openStream('uni');
  assert.equal(id, 3);
  peer.connection.writeStream(3, utf8('data'), false);
  peer.wantFrame('the data', 'stream');
  peer.write([{ type: 'stop_sending', streamId: 3, errorCode: 42 }]);
  const reset = peer.wantFrame('the answer', 'reset_stream');
  assert.deepEqual(reset, { type: 'reset_stream', streamId: 3, errorCode: 42, finalSize: 4 });
  assert.equal(peer.connection.writeStream(3, utf8('more'), false), 0);
});

test('RFC 9000 §13.3: a lost RESET_STREAM, STOP_SENDING, MAX_STREAMS is sent again', () => {
  const peer = new ScriptedPeer('client').establish();
  peer.connection.openStream('uni');
  peer.connection.writeStream(3, utf8('data'), false);
  peer.pump();
  peer.connection.resetStream(3, 1);
  peer.write([streamFrame(0, utf8('x'))]);
  peer.connection.stopSending(0, 2);
  peer.wantFrame('once', 'reset_stream');
  peer.wantFrame('once', 'stop_sending');
  peer.advanceToTimer();
  const probe = peer.wantSeen('again, by a probe', 'reset_stream');
  peer.write([pathAckFrame(0, probe.packetNumber, probe.packetNumber)]);
  peer.wantFrame('again, being lost', 'stop_sending');
});

test('RFC 9000 §4.1: a blocked sender says so, once per limit', () => {
  const peer = new ScriptedPeer('client', {
    parameters: { initialMaxData: 5, initialMaxStreamDataUni: 3 },
  }).establish();
  peer.connection.openStream('uni');
  peer.connection.writeStream(3, octets(10), false);
  const data = peer.wantFrame('what is allowed', 'stream');
  assert.equal(data.dataEnd, 3);
  assert.equal(peer.wantFrame('blocked', 'stream_data_blocked').limit, 3);
  peer.write([{ type: 'max_stream_data', streamId: 3, maximum: 100 }]);
  const more = peer.wantFrame('up to the limit of the connection', 'stream');
  assert.equal(more.offset + more.dataEnd, 5);
  assert.equal(peer.wantFrame('blocked', 'data_blocked').limit, 5);
  peer.write([{ type: 'max_data', maximum: 4 }]);
  peer.wantNo('a lower limit is ignored', 'stream');
  peer.write([{ type: 'max_data', maximum: 100 }]);
  assert.equal(peer.wantFrame('the rest', 'stream').dataEnd, 5);
});

test('RFC 9000 §4.6: streams become available when the peer allows more', () => {
  const peer = new ScriptedPeer('client', { parameters: { initialMaxStreamsUni: 1 } }).establish();
  assert.equal(peer.connection.openStream('uni'), 3);
  assert.equal(peer.connection.openStream('uni'), undefined);
  peer.write([{ type: 'max_streams', direction: 'uni', maximum: 2 }]);
  assert.ok(peer.events.some((event) => event.type === 'streams_available'));
  assert.equal(peer.connection.openStream('uni'), 7);
});

test('RFC 9000 §2.2: frames out of order and doubled come out in order', () => {
  const peer = new ScriptedPeer('client').establish();
  peer.write([streamFrame(0, utf8('lo '), 3)]);
  peer.write([streamFrame(0, utf8('world'), 6, true), streamFrame(0, utf8('o w'), 4)]);
  assert.equal(peer.connection.readStream(0), undefined);
  peer.write([streamFrame(0, utf8('hel'))]);
  let text = '';
  let fin = false;
  for (let chunk = peer.connection.readStream(0); chunk; chunk = peer.connection.readStream(0)) {
    text += Buffer.from(chunk.data).toString();
    fin = chunk.fin;
  }
  assert.equal(text, 'hello world');
  assert.ok(fin);
});

test('RFC 9000 §21.7: single octets with gaps between them keep memory bounded', () => {
  const peer = new ScriptedPeer('client').establish();
  for (let i = 0; i < 200; i++) {
    const frames: Frame[] = [];
    for (let k = 0; k < 100; k++) frames.push(streamFrame(0, octets(1), 1 + 2 * (100 * i + k)));
    peer.write(frames);
    const [closing] = peer.events.filter((event) => event.type === 'closing');
    if (closing !== undefined) {
      assert.equal(closing.reason.code, 0x01);
      return;
    }
  }
  assert.fail('20,000 gaps are kept');
});

test('RFC 9000 §19.14: MAX_STREAMS and STREAMS_BLOCKED above 2^60', () => {
  for (const type of [0x12, 0x16]) {
    const peer = new ScriptedPeer('client').establish();
    peer.writeRaw([type, 0xd0, 0, 0, 0, 0, 0, 0, 1]);
    peer.wantClose('2^60+1 streams', Code.frameEncoding);
  }
});

test('RFC 9000 §12.4: an unknown frame type, and a known one encoded too long', () => {
  const unknown = new ScriptedPeer('client').establish();
  unknown.writeRaw([0x21]);
  unknown.wantClose('frame type 0x21', Code.frameEncoding);
  const long = new ScriptedPeer('client').establish();
  long.writeRaw([0x40, 0x01]);
  long.wantClose('PING in two octets', Code.protocolViolation);
});

test('RFC 9221 §3: DATAGRAM frames that were not allowed, or are too long', () => {
  const refused = new ScriptedPeer('client', { server: { maxDatagramFrameSize: 0 } }).establish();
  refused.write([datagram(1)]);
  refused.wantClose('not allowed', Code.protocolViolation);
  const long = new ScriptedPeer('client', { server: { maxDatagramFrameSize: 10 } }).establish();
  long.write([datagram(7)]);
  long.wantOpen('within the limit');
  long.write([datagram(11)]);
  long.wantClose('too long', Code.protocolViolation);
});

function datagram(length: number): Frame {
  return { type: 'datagram', source: octets(length), dataStart: 0, dataEnd: length };
}
