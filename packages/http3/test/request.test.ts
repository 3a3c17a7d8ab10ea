import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHex, utf8 } from '@mpquic/wire';
import { Http3ErrorCode, type Http3ErrorName, http3ErrorName } from '../src/error-code.ts';
import { encodeFrame, FrameType } from '../src/frame.ts';
import {
  CONNECT_UDP,
  eventsOf,
  GET,
  headers,
  integer,
  Pair,
  REQUEST,
  ScriptedPeer,
} from './memory-transport.ts';

for (const piece of [1, 7, 1_000]) {
  test(`a request and its response, in pieces of ${piece} octets`, () => {
    const pair = new Pair();
    const streamId = pair.clientConnection.request(REQUEST, true) as number;
    pair.carry(piece);
    const [, arrived, end] = eventsOf(pair.serverConnection);
    assert.deepEqual(arrived, { type: 'request', streamId, request: REQUEST });
    assert.equal(end?.type, 'end');
    pair.serverConnection.respond(streamId, { status: 103, fields: [] }, false);
    pair.serverConnection.respond(
      streamId,
      { status: 200, fields: [{ name: 'content-length', value: '5' }] },
      false,
    );
    assert.equal(pair.serverConnection.sendData(streamId, utf8('hello'), true), 5);
    pair.carry(piece);
    const events = eventsOf(pair.clientConnection).slice(1);
    const data = events.flatMap((event) => (event.type === 'data' ? [...event.data] : []));
    assert.deepEqual(Uint8Array.from(data), utf8('hello'));
    assert.deepEqual(
      events.filter((event) => event.type !== 'data').map((event) => event.type),
      ['response', 'response', 'end'],
    );
    assert.equal(pair.clientConnection.openExchanges, 0);
    assert.equal(pair.serverConnection.openExchanges, 0);
  });
}

function closedWith(peer: ScriptedPeer, code: Http3ErrorName): void {
  assert.equal(http3ErrorName(peer.transport.closed?.code ?? 0), code);
}

for (const [name, frames, code] of [
  ['DATA before HEADERS', [encodeFrame(FrameType.data, utf8('x'))], 'H3_FRAME_UNEXPECTED'],
  ['SETTINGS', [encodeFrame(FrameType.settings, utf8(''))], 'H3_FRAME_UNEXPECTED'],
  ['GOAWAY', [encodeFrame(FrameType.goaway, integer(0))], 'H3_FRAME_UNEXPECTED'],
  ['PUSH_PROMISE', [encodeFrame(FrameType.pushPromise, integer(0))], 'H3_FRAME_UNEXPECTED'],
  ['CANCEL_PUSH', [encodeFrame(FrameType.cancelPush, integer(0))], 'H3_FRAME_UNEXPECTED'],
  ['MAX_PUSH_ID', [encodeFrame(FrameType.maxPushId, integer(0))], 'H3_FRAME_UNEXPECTED'],
  ['PRIORITY of HTTP/2', [headers(GET), encodeFrame(0x02, utf8(''))], 'H3_FRAME_UNEXPECTED'],
  ['PING of HTTP/2', [headers(GET), encodeFrame(0x06, utf8(''))], 'H3_FRAME_UNEXPECTED'],
  ['WINDOW_UPDATE of HTTP/2', [headers(GET), encodeFrame(0x08, utf8(''))], 'H3_FRAME_UNEXPECTED'],
  ['CONTINUATION of HTTP/2', [headers(GET), encodeFrame(0x09, utf8(''))], 'H3_FRAME_UNEXPECTED'],
  [
    'DATA behind trailers',
    [headers(GET), headers([]), encodeFrame(FrameType.data, utf8('x'))],
    'H3_FRAME_UNEXPECTED',
  ],
  ['HEADERS after CONNECT', [headers(CONNECT_UDP), headers([])], 'H3_FRAME_UNEXPECTED'],
  ['a third HEADERS', [headers(GET), headers([]), headers([])], 'H3_FRAME_UNEXPECTED'],
  ['HEADERS of 1 MiB', [fromHex('0180100000')], 'H3_EXCESSIVE_LOAD'],
  ['a dynamic reference', [fromHex('0103020080')], 'QPACK_DECOMPRESSION_FAILED'],
] as const) {
  test(`on a request stream ${name} is ${code}`, () => {
    closedWith(new ScriptedPeer('server').settings().send(0, ...frames), code);
  });
}

test('a stream that ends inside a frame is H3_FRAME_ERROR', () => {
  closedWith(
    new ScriptedPeer('server').settings().end(0, headers(GET), fromHex('0005aa')),
    'H3_FRAME_ERROR',
  );
});

test('unknown frames before, between and behind others are skipped', () => {
  const unknown = encodeFrame(0x21, utf8('grease'));
  const data = encodeFrame(FrameType.data, utf8('x'));
  const peer = new ScriptedPeer('server').settings();
  peer.end(0, unknown, headers(GET), unknown, data, unknown);
  assert.deepEqual(
    peer.events().map((event) => event.type),
    ['settings', 'request', 'data', 'end'],
  );
});

test('a second final response is H3_FRAME_UNEXPECTED or malformed, never a response', () => {
  const peer = new ScriptedPeer('client').settings();
  const streamId = peer.connection.request(REQUEST, true) as number;
  for (let i = 0; i < 2; i++) peer.send(streamId, headers([[':status', '200']]));
  assert.equal(peer.events().filter(({ type }) => type === 'response').length, 1);
});

test('an unknown error code ends its stream as any other, and nothing else', () => {
  const peer = new ScriptedPeer('server').settings().send(0, headers(CONNECT_UDP));
  peer.connection.streamReset(0, 0x7abcdef);
  assert.equal(peer.events().at(-1)?.type, 'reset');
  assert.equal(peer.transport.closed, undefined);
  peer.send(4, headers(CONNECT_UDP));
  assert.equal(peer.events().at(-1)?.type, 'request');
});

test('a stream that ends without a request is H3_REQUEST_INCOMPLETE', () => {
  const peer = new ScriptedPeer('server').settings().end(0);
  assert.equal(peer.transport.stream(0).reset, Http3ErrorCode.H3_REQUEST_INCOMPLETE);
});

test('a server never opens a request, and a client takes no push', () => {
  const bidi = new ScriptedPeer('client').settings().send(1, headers(GET));
  closedWith(bidi, 'H3_STREAM_CREATION_ERROR');
  const push = new ScriptedPeer('client').settings();
  const streamId = push.connection.request(REQUEST, true) as number;
  push.send(streamId, encodeFrame(FrameType.pushPromise, integer(0)));
  closedWith(push, 'H3_ID_ERROR');
});

test('requests may begin in any order', () => {
  const peer = new ScriptedPeer('server').settings();
  for (const streamId of [8, 0, 4]) peer.end(streamId, headers(GET));
  const ids = peer.events().flatMap((event) => (event.type === 'request' ? [event.streamId] : []));
  assert.deepEqual(ids, [8, 0, 4]);
  peer.send(4, headers(GET));
  assert.deepEqual(peer.events(), []);
});

test('requests that are reset at once end the connection; answered ones do not', () => {
  const peer = new ScriptedPeer('server', { resetLimit: 100 }).settings();
  for (let i = 0; i < 100; i++) peer.connection.streamReset(i * 4, 0x10c);
  assert.equal(peer.transport.closed, undefined);
  for (let i = 100; i < 1_000; i++) {
    peer.send(i * 4, headers(CONNECT_UDP));
    peer.connection.respond(i * 4, { status: 200, fields: [] }, false);
    peer.connection.streamReset(i * 4, 0x10c);
  }
  assert.equal(peer.transport.closed, undefined);
  for (let i = 1_000; i <= 1_100; i++) peer.connection.streamReset(i * 4, 0x10c);
  closedWith(peer, 'H3_EXCESSIVE_LOAD');
});

test('GOAWAY: the server finishes what began and rejects what comes later', () => {
  const peer = new ScriptedPeer('server').settings().send(4, headers(GET));
  peer.connection.goaway();
  peer.connection.goaway();
  assert.ok(peer.transport.hex(3).endsWith('070108'));
  peer.send(8, headers(GET)).send(0, headers(GET));
  assert.equal(peer.transport.stream(8).reset, Http3ErrorCode.H3_REQUEST_REJECTED);
  assert.equal(peer.transport.stream(0).reset, undefined);
});

test('GOAWAY: the client gives up what the server will not do, and asks no more', () => {
  const peer = new ScriptedPeer('client').settings();
  const first = peer.connection.request(REQUEST, true);
  const second = peer.connection.request(REQUEST, true);
  peer.events();
  peer.send(peer.uni(0), encodeFrame(FrameType.goaway, integer(4)));
  const events = peer.events();
  assert.equal(events[0]?.type === 'reset' && events[0].streamId, second);
  assert.equal(events[1]?.type, 'goaway');
  assert.equal(peer.connection.request(REQUEST, true), undefined);
  peer.end(first as number, headers([[':status', '204']]));
  assert.equal(peer.events().at(-1)?.type, 'end');
});

test('extended CONNECT waits for the setting of the server', () => {
  const peer = new ScriptedPeer('client').settings();
  const connect = { ...REQUEST, method: 'CONNECT', protocol: 'connect-udp' };
  assert.throws(() => peer.connection.request(connect, false), /extended CONNECT/);
  const able = new ScriptedPeer('client').settings({ enableConnectProtocol: true });
  assert.equal(able.connection.request(connect, false), 0);
});

test('what a stream does not take waits, in order, and DATA is refused meanwhile', () => {
  const peer = new ScriptedPeer('server').settings().send(0, headers(CONNECT_UDP));
  peer.transport.room = 2;
  peer.connection.respond(0, { status: 200, fields: [] }, false);
  assert.equal(peer.connection.sendData(0, utf8('data'), false), 0);
  peer.connection.queueData(0, utf8('kept'));
  peer.transport.room = Number.POSITIVE_INFINITY;
  peer.events();
  peer.connection.streamWritable(0);
  assert.deepEqual(peer.events(), [{ type: 'writable', streamId: 0 }]);
  assert.ok(peer.transport.hex(0).endsWith('00046b657074'));
  assert.equal(peer.connection.sendData(0, utf8('data'), true), 4);
  assert.equal(peer.transport.stream(0).fin, true);
});

test('a stopped stream sends no more', () => {
  const peer = new ScriptedPeer('server').settings().send(0, headers(CONNECT_UDP));
  peer.connection.streamStopped(0, 0x10c);
  assert.equal(peer.events().at(-1)?.type, 'stopped');
  assert.equal(peer.connection.sendData(0, utf8('x'), false), 0);
  assert.equal(peer.connection.sendDatagram(0, utf8(''), utf8('x')), false);
});
