import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concatBytes, fromHex, toHex, UsageError, utf8 } from '@mpquic/wire';
import { encodeCapsule } from '../src/capsule.ts';
import { Http3ErrorCode } from '../src/error-code.ts';
import { encodeFrame, FrameType } from '../src/frame.ts';
import { WebTransportErrorCode } from '../src/webtransport/application-error.ts';
import { encodeClose, encodeDrain } from '../src/webtransport/session-capsules.ts';
import { headers } from './memory-transport.ts';
import {
  bidiHeader,
  DRAFT_02,
  SESSION_REQUEST,
  uniHeader,
  WebTransportPeer,
} from './webtransport-peer.ts';

const RESOURCE = { authority: 'app.example', path: '/chat' };
const { H3_MESSAGE_ERROR, H3_REQUEST_REJECTED, H3_SETTINGS_ERROR } = Http3ErrorCode;

function types(peer: WebTransportPeer): string[] {
  return peer.events().map(({ type }) => type);
}

test('a client opens a session with extended CONNECT once the server offers WebTransport', () => {
  const peer = new WebTransportPeer('client');
  assert.throws(() => peer.connection.openSession(RESOURCE), UsageError);
  assert.deepEqual(peer.settings().events(), [{ type: 'settings', draft: 'draft-07' }]);
  assert.equal(peer.connection.openSession(RESOURCE), 0);
  assert.equal(
    peer.transport.hex(0),
    toHex(
      headers([
        ...SESSION_REQUEST.slice(0, 1),
        ...SESSION_REQUEST.slice(2),
        [':protocol', 'webtransport'],
      ]),
    ),
  );
  peer.send(0, headers([[':status', '200']]));
  assert.deepEqual(types(peer), ['session_opened']);
});

test('a server that lacks extended CONNECT, HTTP datagrams or a setting offers no WebTransport', () => {
  for (const lack of [
    { enableConnectProtocol: false },
    { h3Datagram: false },
    { unknown: new Map() },
    { unknown: new Map([[0x2b60_3742n, 0n]]) },
  ]) {
    const peer = new WebTransportPeer('client').settings(lack);
    assert.deepEqual(peer.events(), [{ type: 'settings', draft: undefined }]);
    assert.throws(() => peer.connection.openSession(RESOURCE), UsageError);
  }
});

test('ENABLE_WEBTRANSPORT above 1 is H3_SETTINGS_ERROR', () => {
  const peer = new WebTransportPeer('client').settings({ unknown: new Map([[0x2b60_3742n, 2n]]) });
  peer.events();
  assert.equal(peer.transport.closed?.code, H3_SETTINGS_ERROR);
});

test('with draft-02 the heads name the draft', () => {
  const client = new WebTransportPeer('client').settings({ unknown: DRAFT_02 });
  client.connection.openSession(RESOURCE);
  const [method, protocol, ...rest] = SESSION_REQUEST;
  const request = [method, ...rest, protocol, ['sec-webtransport-http3-draft02', '1']] as const;
  assert.equal(client.transport.hex(0), toHex(headers(request as typeof SESSION_REQUEST)));
  const server = new WebTransportPeer('server').settings({ unknown: DRAFT_02 }).request(0);
  assert.deepEqual(types(server), ['settings', 'session_requested']);
  assert.equal(server.connection.accept(0), true);
  const expected = headers([
    [':status', '200'],
    ['sec-webtransport-http3-draft', 'draft02'],
  ]);
  assert.equal(server.transport.hex(0), toHex(expected));
});

test('a request for a session waits for the settings of the client', () => {
  const peer = new WebTransportPeer('server').request(0);
  assert.deepEqual(peer.events(), []);
  assert.deepEqual(types(peer.settings()), ['settings', 'session_requested']);
});

test('a request for a session without the settings is malformed', () => {
  const peer = new WebTransportPeer('server').settings({ unknown: new Map() }).request(0);
  assert.deepEqual(types(peer), ['settings', 'http']);
  assert.equal(peer.transport.stream(0).stopped, H3_MESSAGE_ERROR);
  assert.equal(peer.transport.hex(0), toHex(headers([[':status', '400']])));
});

test('a request for a session of another scheme is malformed', () => {
  const http = SESSION_REQUEST.map(([name, value]) =>
    name === ':scheme' ? ([name, 'http'] as const) : ([name, value] as const),
  );
  const peer = new WebTransportPeer('server').settings().request(0, http);
  assert.deepEqual(types(peer), ['settings', 'http']);
  assert.equal(peer.transport.stream(0).stopped, H3_MESSAGE_ERROR);
});

test('sessions beyond the limit are reset with H3_REQUEST_REJECTED, the connection lives on', () => {
  const peer = new WebTransportPeer('server', { maxSessions: 2 }).settings();
  peer.request(0).request(4).request(8);
  assert.deepEqual(types(peer), ['settings', 'session_requested', 'session_requested']);
  assert.equal(peer.transport.stream(8).reset, H3_REQUEST_REJECTED);
  assert.equal(peer.transport.closed, undefined);
  peer.connection.accept(0);
  peer.connection.close(0, { code: 0, reason: '' });
  peer.request(12);
  assert.deepEqual(types(peer), ['session_closed', 'session_requested']);
});

test('requests that wait for settings count against the limit of sessions', () => {
  const peer = new WebTransportPeer('server', { maxSessions: 1 }).request(0).request(4);
  peer.events();
  assert.equal(peer.transport.stream(4).reset, H3_REQUEST_REJECTED);
  assert.deepEqual(types(peer.settings()), ['settings', 'session_requested']);
});

test('a client opens no more sessions than the server takes', () => {
  const peer = new WebTransportPeer('client').settings();
  for (let i = 0; i < 4; i++) assert.equal(peer.connection.openSession(RESOURCE), i * 4);
  assert.equal(peer.connection.openSession(RESOURCE), undefined);
});

test('a refused session is answered, and told to the client', () => {
  const server = new WebTransportPeer('server').settings().request(0);
  server.events();
  server.connection.refuse(0, { status: 404, fields: [] });
  assert.equal(server.transport.hex(0), toHex(headers([[':status', '404']])));
  assert.equal(server.connection.accept(0), false);
  const client = new WebTransportPeer('client').settings();
  client.connection.openSession(RESOURCE);
  client.events();
  client.connection.http.streamStopped(0, Http3ErrorCode.H3_NO_ERROR);
  client.send(0, headers([[':status', '404']]));
  const [event] = client.events();
  assert.equal(event?.type === 'session_refused' && event.response.status, 404);
});

test('a session is closed with code and reason by a capsule, and the stream ends behind it', () => {
  const peer = WebTransportPeer.withAcceptedSession();
  peer.connection.close(0, { code: 7, reason: 'done' });
  assert.deepEqual(peer.events(), [
    {
      type: 'session_closed',
      sessionId: 0,
      end: { by: 'local', clean: true, code: 7, reason: 'done' },
    },
  ]);
  assert.match(peer.transport.hex(0), /0006?.*68430800000007646f6e65$/);
  assert.equal(peer.transport.stream(0).fin, true);
  assert.equal(peer.connection.sessions, 1);
  peer.capsule(0, encodeDrain(), encodeClose({ code: 1, reason: 'crossed' })).end(0);
  assert.deepEqual(peer.events(), []);
  assert.equal(peer.connection.sessions, 0);
  assert.equal(peer.transport.stream(0).reset, undefined);
});

test('the close of the peer ends the session and is answered by the end of the stream', () => {
  const peer = WebTransportPeer.withSession();
  peer.capsule(0, encodeClose({ code: 0xffff_ffff, reason: 'grüß' }));
  assert.deepEqual(peer.events(), [
    {
      type: 'session_closed',
      sessionId: 0,
      end: { by: 'peer', clean: true, code: 0xffff_ffff, reason: 'grüß' },
    },
  ]);
  assert.equal(peer.transport.stream(0).fin, true);
  assert.deepEqual(peer.end(0).events(), []);
  assert.equal(peer.connection.sessions, 0);
});

for (const [what, more] of [
  [
    'in the same frame',
    (peer: WebTransportPeer, close: Uint8Array) => peer.capsule(0, close, fromHex('3f00')),
  ],
  [
    'in a later one',
    (peer: WebTransportPeer, close: Uint8Array) => peer.capsule(0, close).capsule(0, fromHex('3f')),
  ],
] as const) {
  test(`more behind the close of a session, ${what}, is H3_MESSAGE_ERROR`, () => {
    const peer = WebTransportPeer.withSession();
    more(peer, encodeClose({ code: 3, reason: '' }));
    assert.deepEqual(types(peer), ['session_closed']);
    assert.equal(peer.transport.stream(0).reset, H3_MESSAGE_ERROR);
    assert.equal(peer.connection.sessions, 0);
  });
}

test('the end of the stream without a capsule closes the session with code 0', () => {
  const peer = WebTransportPeer.withSession().end(0);
  const end = { by: 'peer', clean: true, code: 0, reason: '' } as const;
  assert.deepEqual(peer.events(), [{ type: 'session_closed', sessionId: 0, end }]);
  assert.equal(peer.transport.stream(0).fin, true);
});

for (const [what, octets] of [
  ['longer than 1,024 octets of reason', encodeCapsule(0x2843, new Uint8Array(1029))],
  ['with a reason that is no UTF-8', encodeCapsule(0x2843, fromHex('00000000ff'))],
  ['without a whole code', encodeCapsule(0x2843, fromHex('000000'))],
] as const) {
  test(`a close ${what} resets the stream with H3_MESSAGE_ERROR`, () => {
    const peer = WebTransportPeer.withSession().capsule(0, octets);
    const [event] = peer.events();
    assert.equal(event?.type === 'session_closed' && event.end.clean, false);
    assert.equal(peer.transport.stream(0).reset, H3_MESSAGE_ERROR);
    assert.equal(peer.transport.closed, undefined);
  });
}

test('a session whose stream ends inside a capsule is reset with H3_MESSAGE_ERROR', () => {
  const peer = WebTransportPeer.withSession();
  peer.end(0, encodeFrame(FrameType.data, fromHex('684308')));
  assert.deepEqual(types(peer), ['session_closed']);
  assert.equal(peer.transport.stream(0).reset, H3_MESSAGE_ERROR);
});

test('unknown capsules of a session are skipped', () => {
  const peer = WebTransportPeer.withSession();
  const large = encodeCapsule(0x190b_4d3d, new Uint8Array(5000));
  peer.capsule(0, large, encodeDrain());
  assert.deepEqual(peer.events(), [{ type: 'session_draining', sessionId: 0 }]);
});

test('a reset of the stream ends the session, and its streams are aborted as WEBTRANSPORT_SESSION_GONE', () => {
  const peer = WebTransportPeer.withSession();
  const own = peer.connection.openStream(0, 'bidi');
  peer.send(4, bidiHeader(0)).send(peer.uni(0), uniHeader(0), utf8('x'));
  peer.events();
  peer.connection.http.streamReset(0, 0x10c);
  const [event] = peer.events();
  assert.equal(event?.type === 'session_closed' && event.end.clean, false);
  const { sessionGone } = WebTransportErrorCode;
  for (const streamId of [own as number, 4]) {
    assert.equal(peer.transport.stream(streamId).reset, sessionGone);
    assert.equal(peer.transport.stream(streamId).stopped, sessionGone);
  }
  assert.equal(peer.transport.stream(peer.uni(0)).stopped, sessionGone);
  assert.equal(peer.connection.openStream(0, 'uni'), undefined);
  assert.equal(peer.connection.sendDatagram(0, utf8('late')), false);
});

test('STOP_SENDING on the stream of a session leaves time for the close behind it', () => {
  const peer = WebTransportPeer.withSession();
  peer.connection.http.streamStopped(0, WebTransportErrorCode.sessionGone);
  assert.deepEqual(peer.events(), []);
  peer.capsule(0, encodeClose({ code: 5, reason: '' })).end(0);
  const [event] = peer.events();
  assert.equal(event?.type === 'session_closed' && event.end.code, 5);
  const other = WebTransportPeer.withSession();
  other.connection.http.streamStopped(0, 0x10c);
  assert.deepEqual(types(other), ['session_closed']);
});

test('DRAIN goes out as a capsule, and GOAWAY drains every session', () => {
  const peer = WebTransportPeer.withAcceptedSession();
  peer.connection.drain(0);
  assert.match(peer.transport.hex(0), /0005800078ae00$/);
  peer.send(3, fromHex('070104'));
  assert.deepEqual(types(peer), ['http', 'session_draining']);
  assert.equal(peer.connection.openSession(RESOURCE), undefined);
  assert.notEqual(peer.connection.openStream(0, 'bidi'), undefined);
});

test('datagrams that come before the session is accepted wait for it, up to a limit', () => {
  const peer = new WebTransportPeer('server', { earlyDatagramLimit: 2 }).settings().request(0);
  for (const text of ['a', 'b', 'c']) {
    peer.connection.http.receiveDatagram(concatBytes(Uint8Array.of(0), utf8(text)));
  }
  assert.deepEqual(types(peer), ['settings', 'session_requested']);
  peer.connection.accept(0);
  assert.deepEqual(
    peer.events().map((event) => event.type === 'datagram' && toHex(event.payload)),
    ['62', '63'],
  );
  assert.equal(peer.connection.dropped.datagrams, 1);
});

test('datagrams that overtake the request itself reach the session', () => {
  const peer = new WebTransportPeer('server').settings();
  peer.connection.http.receiveDatagram(concatBytes(Uint8Array.of(1), utf8('early')));
  peer.request(4).events();
  peer.connection.accept(4);
  const [event] = peer.events();
  assert.equal(event?.type === 'datagram' && event.sessionId, 4);
});

test('datagrams are sent with the quarter stream ID of their session', () => {
  const peer = WebTransportPeer.withSession();
  assert.equal(peer.connection.sendDatagram(0, utf8('hi')), true);
  assert.deepEqual(peer.transport.datagrams.map(toHex), ['006869']);
  assert.equal(peer.connection.maxDatagramSize(0), 1199);
  assert.equal(peer.connection.sendDatagram(0, new Uint8Array(1200)), false);
});

test('the end of the connection ends every session once', () => {
  const peer = WebTransportPeer.withSession();
  peer.request(4).events();
  peer.connection.accept(4);
  peer.connection.close(4, { code: 0, reason: '' });
  peer.events();
  peer.connection.connectionClosed('idle');
  const [event, ...none] = peer.events();
  assert.equal(event?.type === 'session_closed' && event.end.reason, 'idle');
  assert.deepEqual(none, []);
  assert.equal(peer.connection.sessions, 0);
});

test('other requests go past', () => {
  const peer = new WebTransportPeer('server').settings();
  peer.send(
    0,
    headers([
      [':method', 'GET'],
      [':scheme', 'https'],
      [':authority', 'a'],
      [':path', '/'],
    ]),
  );
  assert.deepEqual(types(peer), ['settings', 'http']);
});
