import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHex } from '@mpquic/wire';
import { Http3ErrorCode, type Http3ErrorName, http3ErrorName } from '../src/error-code.ts';
import { encodeFrame, FrameType } from '../src/frame.ts';
import { ScriptedPeer } from './memory-transport.ts';

function refused(peer: ScriptedPeer, code: Http3ErrorName): void {
  assert.equal(http3ErrorName(peer.transport.closed?.code ?? 0), code);
  assert.equal(peer.connection.closed, true);
}

test('both sides open control and QPACK streams, SETTINGS first', () => {
  const server = new ScriptedPeer('server').transport;
  assert.equal(server.hex(3).slice(0, 4), '0004');
  assert.equal(server.hex(7), '02');
  assert.equal(server.hex(11), '03');
  const client = new ScriptedPeer('client').transport;
  assert.equal(client.hex(2).slice(0, 4), '0004');
});

test('settings of the peer come as an event, unknown ones included', () => {
  const peer = new ScriptedPeer('client').control(
    encodeFrame(FrameType.settings, fromHex('080133010640c8210a')),
  );
  const [event] = peer.events();
  assert.equal(event?.type, 'settings');
  assert.equal(peer.connection.peerSettings?.enableConnectProtocol, true);
  assert.equal(peer.connection.peerSettings?.h3Datagram, true);
  assert.equal(peer.connection.peerSettings?.maxFieldSectionSize, 200);
  assert.deepEqual([...(peer.connection.peerSettings?.unknown ?? [])], [[0x21n, 10n]]);
});

for (const [name, payload, code] of [
  ['H3_DATAGRAM=2', '3302', 'H3_SETTINGS_ERROR'],
  ['ENABLE_CONNECT_PROTOCOL=2', '0802', 'H3_SETTINGS_ERROR'],
  ['a repeated setting', '06100610', 'H3_SETTINGS_ERROR'],
  ['a setting of HTTP/2', '0201', 'H3_SETTINGS_ERROR'],
  ['a setting without its value', '06', 'H3_FRAME_ERROR'],
] as const) {
  test(`SETTINGS with ${name} is ${code}`, () => {
    const peer = new ScriptedPeer('server').control(
      encodeFrame(FrameType.settings, fromHex(payload)),
    );
    refused(peer, code);
  });
}

for (const [name, frames, code] of [
  ['GOAWAY before SETTINGS', ['070100'], 'H3_MISSING_SETTINGS'],
  ['an unknown frame before SETTINGS', ['2100'], 'H3_MISSING_SETTINGS'],
  ['DATA before SETTINGS', ['0000'], 'H3_MISSING_SETTINGS'],
  ['a second SETTINGS', ['0400', '0400'], 'H3_FRAME_UNEXPECTED'],
  ['DATA', ['0400', '000100'], 'H3_FRAME_UNEXPECTED'],
  ['HEADERS', ['0400', '0100'], 'H3_FRAME_UNEXPECTED'],
  ['PUSH_PROMISE', ['0400', '0500'], 'H3_FRAME_UNEXPECTED'],
  ['a frame of HTTP/2', ['0400', '0600'], 'H3_FRAME_UNEXPECTED'],
  ['GOAWAY that grows', ['0400', '070104', '070108'], 'H3_ID_ERROR'],
  ['GOAWAY with two integers', ['0400', '07020404'], 'H3_FRAME_ERROR'],
  ['GOAWAY without one', ['0400', '0700'], 'H3_FRAME_ERROR'],
  ['CANCEL_PUSH of no push', ['0400', '030100'], 'H3_ID_ERROR'],
  ['a control frame of 1 MiB', ['0400', '0480100000'], 'H3_EXCESSIVE_LOAD'],
] as const) {
  test(`on the control stream ${name} is ${code}`, () => {
    refused(new ScriptedPeer('server').control(...frames.map(fromHex)), code);
  });
}

test('MAX_PUSH_ID is for servers and never falls', () => {
  const server = new ScriptedPeer('server').settings();
  server.send(server.uni(0), fromHex('0d0108'), fromHex('0d0108'));
  assert.equal(server.transport.closed, undefined);
  refused(server.send(server.uni(0), fromHex('0d0107')), 'H3_ID_ERROR');
  const client = new ScriptedPeer('client').settings();
  refused(client.send(client.uni(0), fromHex('0d0108')), 'H3_FRAME_UNEXPECTED');
});

test('GOAWAY of a server names a request stream', () => {
  const peer = new ScriptedPeer('client').settings();
  refused(peer.send(peer.uni(0), fromHex('070103')), 'H3_ID_ERROR');
});

test('unknown frames are skipped, however cut and however long', () => {
  const peer = new ScriptedPeer('server').settings();
  for (const octet of fromHex('c1a2b3c4d5e6f7a803aabbcc070100')) {
    peer.send(peer.uni(0), Uint8Array.of(octet));
  }
  assert.deepEqual(
    peer.events().map((event) => event.type),
    ['settings', 'goaway'],
  );
  peer.send(peer.uni(0), fromHex('21ffffffffffffffff'), new Uint8Array(100_000));
  assert.equal(peer.transport.closed, undefined);
});

for (const type of [0, 2, 3]) {
  test(`a second stream of type ${type} is H3_STREAM_CREATION_ERROR`, () => {
    const peer = new ScriptedPeer('server');
    for (const index of [0, 1]) peer.send(peer.uni(index), Uint8Array.of(type));
    refused(peer, 'H3_STREAM_CREATION_ERROR');
  });

  test(`the end, reset or stop of the stream of type ${type} is H3_CLOSED_CRITICAL_STREAM`, () => {
    const ended = new ScriptedPeer('server');
    ended.end(ended.uni(0), Uint8Array.of(type));
    refused(ended, 'H3_CLOSED_CRITICAL_STREAM');
    const reset = new ScriptedPeer('server');
    reset.send(reset.uni(0), Uint8Array.of(type)).connection.streamReset(reset.uni(0), 0x100);
    refused(reset, 'H3_CLOSED_CRITICAL_STREAM');
    const stopped = new ScriptedPeer('server');
    stopped.connection.streamStopped([3, 0, 7, 11][type] as number, 0x100);
    refused(stopped, 'H3_CLOSED_CRITICAL_STREAM');
  });
}

test('a push stream is an error of either side', () => {
  const server = new ScriptedPeer('server');
  refused(server.send(server.uni(0), Uint8Array.of(1)), 'H3_STREAM_CREATION_ERROR');
  const client = new ScriptedPeer('client');
  refused(client.send(client.uni(0), Uint8Array.of(1)), 'H3_ID_ERROR');
});

test('a stream of an unknown type is stopped once and never read again', () => {
  const peer = new ScriptedPeer('server').settings();
  const stream = peer.uni(1);
  peer.send(stream, fromHex('4054'), fromHex('0001'));
  assert.equal(peer.transport.stream(stream).stopped, Http3ErrorCode.H3_STREAM_CREATION_ERROR);
  peer.send(stream, Uint8Array.of(0)).end(stream);
  assert.equal(peer.transport.closed, undefined);
});

test('a stream that ends before its type is known is no error', () => {
  const peer = new ScriptedPeer('server');
  peer.end(peer.uni(0)).end(peer.uni(1), Uint8Array.of(0x40));
  assert.equal(peer.transport.closed, undefined);
});

test('QPACK streams with instructions that cannot be are their errors', () => {
  const encoder = new ScriptedPeer('server');
  refused(encoder.send(encoder.uni(0), fromHex('023fe11f')), 'QPACK_ENCODER_STREAM_ERROR');
  const decoder = new ScriptedPeer('server');
  refused(decoder.send(decoder.uni(0), fromHex('0380')), 'QPACK_DECODER_STREAM_ERROR');
  const nothing = new ScriptedPeer('server');
  refused(nothing.send(nothing.uni(0), fromHex('0300')), 'QPACK_DECODER_STREAM_ERROR');
  const increment = new ScriptedPeer('server');
  refused(increment.send(increment.uni(0), fromHex('0301')), 'QPACK_DECODER_STREAM_ERROR');
  const cancellation = new ScriptedPeer('server');
  cancellation.send(cancellation.uni(0), fromHex('03447f01'));
  assert.equal(cancellation.transport.closed, undefined);
});

test('fewer than three streams for control end the connection', () => {
  const peer = new ScriptedPeer('server');
  peer.transport.streamLimit = 3;
  peer.connection.start();
  refused(peer, 'H3_GENERAL_PROTOCOL_ERROR');
});
