import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '@mpquic/wire';
import { Http3ErrorCode } from '../src/error-code.ts';
import { encodeFrame, FrameType } from '../src/frame.ts';
import { CONNECT_UDP, GET, headers, REQUEST, ScriptedPeer } from './memory-transport.ts';

for (const [name, fields] of [
  ['no :method', GET.slice(1)],
  ['no :scheme', GET.filter(([field]) => field !== ':scheme')],
  ['no :path', GET.filter(([field]) => field !== ':path')],
  ['no :authority and no host', GET.filter(([field]) => field !== ':authority')],
  ['an unknown pseudo-header', [...GET, [':x', '1']]],
  ['a repeated pseudo-header', [...GET, [':path', '/']]],
  ['a pseudo-header behind a field', [['a', 'b'], ...GET]],
  ['a pseudo-header of responses', [...GET, [':status', '200']]],
  ['an empty :path', [...GET.filter(([field]) => field !== ':path'), [':path', '']]],
  ['CONNECT without :authority', [[':method', 'CONNECT']]],
  ['an upper-case name', [...GET, ['Accept', '*/*']]],
  ['a name with a blank', [...GET, ['a b', '1']]],
  ['an empty name', [...GET, ['', '1']]],
  ['a value with a carriage return', [...GET, ['a', 'b\rc']]],
  ['a value with a NUL', [...GET, ['a', 'b\0c']]],
  ['a value with a blank in front', [...GET, ['a', ' b']]],
  ['keep-alive', [...GET, ['keep-alive', '1']]],
  ['transfer-encoding', [...GET, ['transfer-encoding', 'chunked']]],
  ['upgrade', [...GET, ['upgrade', 'h2c']]],
  ['a value with a line feed', [...GET, ['a', 'b\nc']]],
  ['connection', [...GET, ['connection', 'close']]],
  ['te: gzip', [...GET, ['te', 'gzip']]],
  ['two hosts', [...GET, ['host', 'other.example']]],
  [':protocol without CONNECT', [...GET, [':protocol', 'connect-udp']]],
  [
    'CONNECT with :path',
    [
      [':method', 'CONNECT'],
      [':authority', 'a:1'],
      [':path', '/'],
    ],
  ],
  ['CONNECT-UDP without :scheme', CONNECT_UDP.filter(([field]) => field !== ':scheme')],
  ['CONNECT-UDP without :path', CONNECT_UDP.filter(([field]) => field !== ':path')],
  ['content-length that is no number', [...GET, ['content-length', '-1']]],
] as [string, [string, string][]][]) {
  test(`a request with ${name} is answered 400 and ends as H3_MESSAGE_ERROR`, () => {
    const peer = new ScriptedPeer('server').settings().send(0, headers(fields));
    assert.equal(peer.transport.closed, undefined);
    const { octets, fin, stopped } = peer.transport.stream(0);
    assert.deepEqual(octets, headers([[':status', '400']]));
    assert.equal(fin, true);
    assert.equal(stopped, Http3ErrorCode.H3_MESSAGE_ERROR);
    const reset = peer.events().at(-1);
    assert.equal(reset?.type === 'reset' && reset.code, Http3ErrorCode.H3_MESSAGE_ERROR);
    assert.equal(peer.connection.openExchanges, 0);
  });
}

for (const [name, fields] of [
  ['no :status', []],
  [
    'two :status',
    [
      [':status', '200'],
      [':status', '200'],
    ],
  ],
  ['a :status that is no number', [[':status', 'ok']]],
  ['a :status of two digits', [[':status', '20']]],
  ['101', [[':status', '101']]],
  [
    'a pseudo-header of requests',
    [
      [':status', '200'],
      [':path', '/'],
    ],
  ],
  [
    'a pseudo-header behind a field',
    [
      ['a', 'b'],
      [':status', '200'],
    ],
  ],
  [
    'an upper-case name',
    [
      [':status', '200'],
      ['Server', 'x'],
    ],
  ],
  [
    'connection',
    [
      [':status', '200'],
      ['connection', 'close'],
    ],
  ],
  [
    'a value with a line feed',
    [
      [':status', '200'],
      ['a', 'b\nc'],
    ],
  ],
  [
    'two values of content-length',
    [
      [':status', '200'],
      ['content-length', '1'],
      ['content-length', '2'],
    ],
  ],
] as [string, [string, string][]][]) {
  test(`a response with ${name} is not taken: H3_MESSAGE_ERROR`, () => {
    const peer = new ScriptedPeer('client').settings();
    const streamId = peer.connection.request(REQUEST, true) as number;
    peer.events();
    peer.send(streamId, headers(fields));
    assert.equal(peer.transport.closed, undefined);
    assert.equal(peer.transport.stream(streamId).stopped, Http3ErrorCode.H3_MESSAGE_ERROR);
    const events = peer.events();
    assert.deepEqual(
      events.map(({ type }) => type),
      ['reset'],
    );
    assert.equal(events[0]?.type === 'reset' && events[0].code, Http3ErrorCode.H3_MESSAGE_ERROR);
  });
}

test('trailers with a pseudo-header are malformed, in requests and responses', () => {
  const server = new ScriptedPeer('server').settings();
  server.send(0, headers(GET), headers([[':path', '/other']]));
  const client = new ScriptedPeer('client').settings();
  const streamId = client.connection.request(REQUEST, true) as number;
  client.send(streamId, headers([[':status', '200']]), headers([[':status', '204']]));
  for (const peer of [server, client]) {
    const last = peer.events().at(-1);
    assert.equal(last?.type === 'reset' && last.code, Http3ErrorCode.H3_MESSAGE_ERROR);
    assert.equal(peer.transport.closed, undefined);
  }
});

test('a response body that is not as long as content-length is malformed, but not that of HEAD', () => {
  for (const [method, expected] of [
    ['GET', 'reset'],
    ['HEAD', 'end'],
  ] as const) {
    const peer = new ScriptedPeer('client').settings();
    const streamId = peer.connection.request({ ...REQUEST, method }, true) as number;
    peer.end(
      streamId,
      headers([
        [':status', '200'],
        ['content-length', '7'],
      ]),
    );
    assert.equal(peer.events().at(-1)?.type, expected);
  }
});

test('a body that is not as long as content-length is malformed', () => {
  const peer = new ScriptedPeer('server').settings();
  peer.end(0, headers([...GET, ['content-length', '3']]), encodeFrame(FrameType.data, utf8('ab')));
  const reset = peer.events().at(-1);
  assert.equal(reset?.type === 'reset' && reset.code, Http3ErrorCode.H3_MESSAGE_ERROR);
});

test('a field section beyond the limit is answered 431, whatever it is made of', () => {
  const long = new ScriptedPeer('server', { maxFieldSectionSize: 1_000 }).settings();
  long.send(0, headers([...GET, ['cookie', 'x'.repeat(2_000)]]));
  assert.deepEqual(long.transport.stream(0).octets, headers([[':status', '431']]));
  const bomb = new ScriptedPeer('server').settings();
  // 60,000 references to one static entry.
  bomb.send(0, encodeFrame(FrameType.headers, new Uint8Array(60_002).fill(0xd1, 2)));
  assert.deepEqual(bomb.transport.stream(0).octets, headers([[':status', '431']]));
  assert.equal(bomb.transport.closed, undefined);
});
