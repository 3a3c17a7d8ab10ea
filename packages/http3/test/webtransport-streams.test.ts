import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concatBytes, fromHex, toHex, utf8 } from '@mpquic/wire';
import { Http3ErrorCode } from '../src/error-code.ts';
import {
  applicationToHttp3Error,
  WebTransportErrorCode,
} from '../src/webtransport/application-error.ts';
import { headers, integer } from './memory-transport.ts';
import { bidiHeader, uniHeader, WebTransportPeer } from './webtransport-peer.ts';

const { H3_FRAME_ERROR, H3_ID_ERROR, H3_STREAM_CREATION_ERROR } = Http3ErrorCode;
const { bufferedStreamRejected, sessionGone } = WebTransportErrorCode;

function refused(peer: WebTransportPeer, code: number): void {
  assert.equal(peer.transport.closed?.code, code);
}

test('streams begin with type or signal, and the session', () => {
  const peer = WebTransportPeer.withAcceptedSession();
  const bidi = peer.connection.openStream(0, 'bidi') as number;
  const uni = peer.connection.openStream(0, 'uni') as number;
  assert.equal(peer.connection.write(bidi, utf8('ab'), false), 2);
  assert.equal(peer.connection.write(uni, utf8('cd'), true), 2);
  assert.equal(peer.transport.hex(bidi), '4041006162');
  assert.equal(peer.transport.hex(uni), '4054006364');
  assert.equal(peer.transport.stream(uni).fin, true);
  assert.equal(peer.connection.write(uni, utf8('x'), false), 0);
});

test('a stream of the peer is told with what it carries, however it is cut', () => {
  const octets = concatBytes(bidiHeader(0), utf8('hello'));
  for (let cut = 0; cut <= octets.length; cut++) {
    const peer = WebTransportPeer.withSession();
    peer.send(4, octets.subarray(0, cut)).end(4, octets.subarray(cut));
    const [opened, ...data] = peer.events();
    const direction = 'bidi';
    assert.deepEqual(opened, { type: 'stream_opened', sessionId: 0, streamId: 4, direction });
    const pieces = data.map((event) => (event.type === 'stream_data' ? event.data : fromHex('')));
    assert.equal(toHex(concatBytes(...pieces)), toHex(utf8('hello')), `cut at ${cut}`);
    const last = data.at(-1);
    assert.equal(last?.type === 'stream_data' && last.fin, true);
  }
});

test('a stream of a server is told to the client, unidirectional and bidirectional', () => {
  const peer = WebTransportPeer.withAcceptedSession();
  peer.send(peer.uni(0), uniHeader(0)).send(peer.serverBidi(0), bidiHeader(0), utf8('x'));
  assert.deepEqual(
    peer.events().map(({ type }) => type),
    ['stream_opened', 'stream_opened', 'stream_data'],
  );
  const taken = peer.connection.write(peer.serverBidi(0), utf8('answer'), true);
  assert.equal(taken, 6);
  assert.equal(peer.transport.hex(peer.serverBidi(0)), toHex(utf8('answer')));
});

test('requests go on beside streams that begin with the signal', () => {
  const peer = WebTransportPeer.withSession();
  const request = headers([
    [':method', 'GET'],
    [':scheme', 'https'],
    [':authority', 'a'],
    [':path', '/'],
  ]);
  peer.send(4, request.subarray(0, 1)).end(4, request.subarray(1));
  assert.deepEqual(
    peer.events().map(({ type }) => type),
    ['http', 'http'],
  );
  assert.equal(peer.transport.closed, undefined);
});

test('a session ID that no session can have is H3_ID_ERROR', () => {
  const uni = WebTransportPeer.withSession();
  refused(uni.send(uni.uni(0), uniHeader(1)), H3_ID_ERROR);
  const bidi = WebTransportPeer.withAcceptedSession();
  refused(bidi.send(bidi.serverBidi(0), bidiHeader(2)), H3_ID_ERROR);
  const large = WebTransportPeer.withSession();
  refused(large.send(4, integer(0x41), integer((1n << 62n) - 1n)), H3_ID_ERROR);
});

test('the signal as a frame inside a stream is H3_FRAME_ERROR', () => {
  const request = new WebTransportPeer('server').settings();
  refused(request.send(0, fromHex('2100'), integer(0x41)).send(0, fromHex('00')), H3_FRAME_ERROR);
  const response = new WebTransportPeer('client').settings();
  response.connection.openSession({ authority: 'a', path: '/' });
  refused(response.send(0, bidiHeader(0)), H3_FRAME_ERROR);
  const control = new WebTransportPeer('server').settings();
  refused(control.send(2, integer(0x41), fromHex('00')), H3_FRAME_ERROR);
});

test('a bidirectional stream of a server that begins otherwise is H3_STREAM_CREATION_ERROR', () => {
  const peer = WebTransportPeer.withAcceptedSession();
  refused(peer.send(peer.serverBidi(0), fromHex('0100')), H3_STREAM_CREATION_ERROR);
});

test('streams that overtake their session wait for it, and QUIC keeps the rest of them', () => {
  const peer = new WebTransportPeer('server').settings();
  peer.end(peer.uni(0), uniHeader(4), utf8('one'));
  peer.send(8, bidiHeader(4), utf8('two'));
  assert.equal(peer.connection.mayReceive(8), false);
  assert.equal(peer.connection.mayReceive(12), true);
  peer.request(4);
  assert.deepEqual(
    peer.events().map(({ type }) => type),
    ['settings', 'session_requested'],
  );
  peer.connection.accept(4);
  assert.deepEqual(
    peer.events().map((event) => (event.type === 'stream_data' ? toHex(event.data) : event.type)),
    ['stream_opened', toHex(utf8('one')), 'stream_opened', toHex(utf8('two'))],
  );
  assert.equal(peer.connection.mayReceive(8), true);
});

test('streams of the server that overtake its answer wait for it', () => {
  const peer = new WebTransportPeer('client').settings();
  peer.connection.openSession({ authority: 'a', path: '/' });
  peer.send(peer.serverBidi(0), bidiHeader(0)).send(0, headers([[':status', '200']]));
  assert.deepEqual(
    peer.events().map(({ type }) => type),
    ['settings', 'session_opened', 'stream_opened'],
  );
});

test('more early streams than the limit are rejected as WEBTRANSPORT_BUFFERED_STREAM_REJECTED', () => {
  const peer = new WebTransportPeer('server', { earlyStreamLimit: 1 }).settings();
  peer.send(peer.uni(0), uniHeader(0)).send(peer.uni(1), uniHeader(0)).send(4, bidiHeader(0));
  assert.equal(peer.transport.stream(peer.uni(0)).stopped, undefined);
  assert.equal(peer.transport.stream(peer.uni(1)).stopped, bufferedStreamRejected);
  assert.equal(peer.transport.stream(4).stopped, bufferedStreamRejected);
  assert.equal(peer.transport.stream(4).reset, bufferedStreamRejected);
  assert.equal(peer.connection.dropped.streams, 2);
});

test('an early stream that is reset or stopped meanwhile is told so, or not at all', () => {
  const peer = new WebTransportPeer('server').settings();
  peer.send(4, bidiHeader(0)).send(8, bidiHeader(0));
  peer.connection.http.streamReset(4, applicationToHttp3Error(1));
  assert.notEqual(peer.transport.stream(4).reset, undefined);
  peer.connection.http.streamStopped(8, applicationToHttp3Error(2));
  peer.request(0).events();
  peer.connection.accept(0);
  assert.deepEqual(peer.events().slice(1), [{ type: 'stream_stopped', streamId: 8, code: 2 }]);
});

test('streams of a session that is refused or over are aborted as WEBTRANSPORT_SESSION_GONE', () => {
  const peer = WebTransportPeer.withSession();
  peer.send(8, bidiHeader(4)).request(4).events();
  peer.connection.refuse(4, { status: 403, fields: [] });
  assert.equal(peer.transport.stream(8).reset, sessionGone);
  peer.connection.close(0, { code: 0, reason: '' });
  peer.send(peer.uni(0), uniHeader(0)).send(12, bidiHeader(4));
  assert.equal(peer.transport.stream(peer.uni(0)).stopped, sessionGone);
  assert.equal(peer.transport.stream(12).reset, sessionGone);
});

test('a stream for a request that is no session is aborted', () => {
  const peer = WebTransportPeer.withSession();
  peer.send(
    4,
    headers([
      [':method', 'GET'],
      [':scheme', 'https'],
      [':authority', 'a'],
      [':path', '/'],
    ]),
  );
  peer.send(peer.uni(0), uniHeader(4));
  assert.equal(peer.transport.stream(peer.uni(0)).stopped, sessionGone);
});

test('resets and stops carry the codes of the application in both directions', () => {
  const peer = WebTransportPeer.withSession();
  peer.send(4, bidiHeader(0)).send(8, bidiHeader(0)).events();
  peer.connection.http.streamReset(4, applicationToHttp3Error(42));
  peer.connection.http.streamStopped(4, applicationToHttp3Error(43));
  peer.connection.http.streamReset(8, 0x10c);
  assert.deepEqual(peer.events(), [
    { type: 'stream_reset', streamId: 4, code: 42 },
    { type: 'stream_stopped', streamId: 4, code: 43 },
    { type: 'stream_reset', streamId: 8, code: undefined },
  ]);
  assert.equal(peer.connection.hasStream(4), false);
  const own = peer.connection.openStream(0, 'bidi') as number;
  peer.connection.reset(own, 44);
  peer.connection.stopSending(own, 45);
  assert.equal(peer.transport.stream(own).reset, applicationToHttp3Error(44));
  assert.equal(peer.transport.stream(own).stopped, applicationToHttp3Error(45));
  assert.equal(peer.connection.hasStream(own), false);
});

test('a stream that is full is written on when it becomes writable', () => {
  const peer = WebTransportPeer.withAcceptedSession();
  peer.transport.room = 2;
  const streamId = peer.connection.openStream(0, 'bidi') as number;
  assert.equal(peer.connection.write(streamId, utf8('abc'), true), 0, 'the header waits');
  peer.connection.http.streamWritable(streamId);
  assert.deepEqual(peer.events(), [{ type: 'stream_writable', streamId }]);
  assert.equal(peer.connection.write(streamId, utf8('abc'), true), 2);
  assert.equal(peer.connection.write(streamId, utf8('c'), true), 1);
  assert.equal(peer.transport.hex(streamId), '404100616263');
  assert.equal(peer.transport.stream(streamId).fin, true);
});

test('an end is taken even while the header waits', () => {
  const peer = WebTransportPeer.withAcceptedSession();
  peer.transport.room = 1;
  const streamId = peer.connection.openStream(0, 'uni') as number;
  peer.connection.write(streamId, new Uint8Array(), true);
  for (let i = 0; i < 3; i++) peer.connection.http.streamWritable(streamId);
  assert.equal(peer.transport.hex(streamId), '405400');
  assert.equal(peer.transport.stream(streamId).fin, true);
  assert.equal(peer.connection.hasStream(streamId), false);
});

test('a stream that ends inside its header is stopped, and nothing else comes of it', () => {
  const peer = WebTransportPeer.withSession();
  peer.end(4, integer(0x41), fromHex('40'));
  assert.equal(peer.transport.stream(4).reset, H3_STREAM_CREATION_ERROR);
  assert.deepEqual(peer.events(), []);
  peer.send(8, integer(0x41), fromHex('40'));
  peer.connection.http.streamReset(8, 0);
  assert.equal(peer.connection.hasStream(8), false);
  assert.equal(peer.transport.closed, undefined);
});

test('a stream of the server that is reset before it says what it is does no harm', () => {
  const peer = WebTransportPeer.withAcceptedSession();
  peer.send(1, fromHex('40'));
  peer.connection.http.streamReset(1, applicationToHttp3Error(0));
  assert.equal(peer.transport.closed, undefined);
  assert.notEqual(peer.transport.stream(1).reset, undefined);
});
