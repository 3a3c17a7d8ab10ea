import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHex, toHex, utf8 } from '@mpquic/wire';
import fc from 'fast-check';
import { Http3ConnectionError, Http3ErrorCode } from '../src/error-code.ts';
import { readHttpDatagram, writeHttpDatagram } from '../src/http-datagram.ts';
import { CONNECT_UDP, eventsOf, GET, headers, Pair, ScriptedPeer } from './memory-transport.ts';

const nothing = new Uint8Array();

test('any stream ID and payload survive', () => {
  const streamId = fc.integer({ min: 0, max: 2 ** 50 }).map((index) => index * 4);
  fc.assert(
    fc.property(streamId, fc.uint8Array(), (id, payload) => {
      const into = new Uint8Array(payload.length + 9);
      const length = writeHttpDatagram(into, id, Uint8Array.of(7), payload);
      const { streamId: read, payloadAt } = readHttpDatagram(into.subarray(0, length));
      assert.equal(read, id);
      assert.deepEqual([...into.subarray(payloadAt, length)], [7, ...payload]);
    }),
  );
});

test('any octets are a datagram or H3_DATAGRAM_ERROR', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
      try {
        assert.ok(readHttpDatagram(bytes).payloadAt <= bytes.length);
      } catch (error) {
        assert.ok(error instanceof Http3ConnectionError);
        assert.equal(error.code, 'H3_DATAGRAM_ERROR');
      }
    }),
  );
});

for (const [name, hex] of [
  ['a Quarter Stream ID of 2^60', 'd000000000000000'],
  ['an empty datagram', ''],
  ['a datagram that ends inside its stream ID', '8000'],
] as const) {
  test(`${name} closes the connection with H3_DATAGRAM_ERROR`, () => {
    const peer = new ScriptedPeer('server').settings();
    peer.connection.receiveDatagram(fromHex(hex));
    assert.equal(peer.transport.closed?.code, Http3ErrorCode.H3_DATAGRAM_ERROR);
  });
}

test('the largest Quarter Stream ID names a stream that never is: dropped', () => {
  const peer = new ScriptedPeer('server').settings();
  peer.connection.receiveDatagram(fromHex('cfffffffffffffff'));
  assert.equal(peer.transport.closed, undefined);
  assert.equal(peer.connection.droppedDatagrams, 1);
});

test('a datagram on a GET stream aborts the stream with H3_DATAGRAM_ERROR', () => {
  for (const early of [true, false]) {
    const peer = new ScriptedPeer('server').settings();
    if (early) peer.connection.receiveDatagram(fromHex('0000'));
    peer.send(0, headers(GET));
    if (!early) peer.connection.receiveDatagram(fromHex('0000'));
    assert.equal(peer.transport.stream(0).reset, Http3ErrorCode.H3_DATAGRAM_ERROR);
    assert.equal(peer.transport.closed, undefined);
  }
});

test('datagrams cross both ways once both sides announced them', () => {
  const pair = new Pair();
  const { clientConnection: client, serverConnection: server } = pair;
  const request = {
    method: 'CONNECT',
    protocol: 'connect-udp',
    scheme: 'https',
    authority: 'upf.example',
    path: '/',
    fields: [],
  };
  const streamId = client.request(request, false) as number;
  assert.equal(client.sendDatagram(streamId, Uint8Array.of(0), utf8('ping'), 1), true);
  assert.deepEqual(pair.client.routes, [1]);
  pair.carry();
  const datagram = eventsOf(server).find((event) => event.type === 'datagram');
  assert.equal(toHex(datagram?.payload ?? nothing), '0070696e67');
  assert.equal(server.sendDatagram(streamId, nothing, utf8('pong')), true);
  server.respond(streamId, { status: 200, fields: [] }, false);
  pair.carry();
  assert.ok(eventsOf(client).some((event) => event.type === 'datagram'));
});

test('nothing is sent to a peer that announced no datagrams, nor what is too long', () => {
  const silent = new ScriptedPeer('server').settings({ h3Datagram: false });
  silent.send(0, headers(CONNECT_UDP));
  assert.equal(silent.connection.sendDatagram(0, nothing, utf8('x')), false);
  const peer = new ScriptedPeer('server').settings().send(0, headers(CONNECT_UDP));
  const most = peer.connection.maxDatagramSize(0);
  assert.equal(peer.connection.sendDatagram(0, nothing, new Uint8Array(most)), true);
  assert.equal(peer.connection.sendDatagram(0, nothing, new Uint8Array(most + 1)), false);
  assert.equal(peer.connection.sendDatagram(0, nothing, new Uint8Array(65_535)), false);
});

test('datagrams ahead of their request wait for it, up to a limit', () => {
  const peer = new ScriptedPeer('server', { earlyDatagramLimit: 3 }).settings();
  for (let i = 0; i < 5; i++) peer.connection.receiveDatagram(Uint8Array.of(0, i));
  peer.connection.receiveDatagram(Uint8Array.of(1, 9));
  peer.send(0, headers(CONNECT_UDP));
  const payloads = peer
    .events()
    .flatMap((event) => (event.type === 'datagram' ? [toHex(event.payload)] : []));
  assert.deepEqual(payloads, ['03', '04']);
  assert.equal(peer.connection.droppedDatagrams, 3);
});

test('datagrams behind the end of their stream are dropped', () => {
  const peer = new ScriptedPeer('server').settings().end(0, headers(CONNECT_UDP));
  peer.connection.receiveDatagram(Uint8Array.of(0, 1));
  assert.equal(peer.connection.droppedDatagrams, 1);
  const client = new ScriptedPeer('client').settings();
  client.connection.receiveDatagram(Uint8Array.of(0, 1));
  assert.equal(client.connection.droppedDatagrams, 1);
});
