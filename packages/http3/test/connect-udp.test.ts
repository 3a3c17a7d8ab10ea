import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concatBytes, fromHex, toHex } from '@mpquic/wire';
import { CapsuleType, encodeCapsule } from '../src/capsule.ts';
import { Http3ErrorCode } from '../src/error-code.ts';
import { encodeFrame, FrameType } from '../src/frame.ts';
import { MasqueConnection } from '../src/masque/masque-connection.ts';
import { encodeSequenceContext } from '../src/masque/sequence-context.ts';
import type { TransportMode } from '../src/masque/tunnel.ts';
import { MasquePair, Recorder, text } from './masque-pair.ts';
import { CONNECT_UDP, headers, ScriptedPeer } from './memory-transport.ts';

for (const mode of ['datagram-1', 'datagram-2', 'stream'] as TransportMode[]) {
  test(`payloads cross in both directions, ${mode}`, () => {
    const masque = new MasquePair();
    const { near, far, client, proxy } = masque.tunnel({ mode });
    for (const payload of ['one', '', 'three']) assert.equal(client.send(text(payload)), 'sent');
    masque.carry();
    assert.deepEqual(far.payloads, ['one', '', 'three']);
    for (const payload of ['four', 'five']) assert.equal(proxy.send(text(payload)), 'sent');
    masque.carry();
    assert.deepEqual(near.payloads, ['four', 'five']);
    assert.equal(client.counters.payloadsSent, 3);
    assert.equal(proxy.counters.octetsReceived, 8);
  });
}

test('datagram mode 1 puts payloads in order and drops copies', () => {
  const masque = new MasquePair();
  const { near, far, client, proxy } = masque.tunnel({ mode: 'datagram-1' });
  for (const payload of ['a', 'b', 'c']) client.send(text(payload));
  const { datagrams } = masque.pair.client;
  const [a, b, c] = datagrams.splice(0) as [Uint8Array, Uint8Array, Uint8Array];
  datagrams.push(c, c, a, a);
  masque.carry();
  assert.deepEqual(far.payloads, ['a']);
  assert.equal(masque.proxy.nextTimeout(), 50_000);
  datagrams.push(b);
  masque.carry();
  assert.deepEqual(far.payloads, ['a', 'b', 'c']);
  assert.equal(proxy.counters.duplicates, 2);
  assert.equal(masque.proxy.nextTimeout(), undefined);
  proxy.send(text('lost'));
  masque.pair.server.datagrams.length = 0;
  proxy.send(text('kept'));
  masque.carry();
  assert.deepEqual(near.payloads, []);
  masque.now = 50_000;
  masque.client.handleTimeout(masque.now);
  assert.deepEqual(near.payloads, ['kept']);
});

test('a proxy that knows no sequence numbers makes the client fall back to mode 2', () => {
  const { transport, connection } = new ScriptedPeer('client').settings({
    enableConnectProtocol: true,
  });
  const masque = new MasqueConnection({ connection });
  masque.pump(0);
  const tunnel = masque.open({
    protocol: 'connect-udp',
    authority: 'a',
    path: '/',
    mode: 'datagram-1',
    handler: new Recorder(),
  });
  connection.receiveStream(0, headers([[':status', '200']]), false);
  masque.pump(0);
  assert.equal(tunnel?.mode, 'datagram-2');
  tunnel?.send(text('x'));
  assert.deepEqual([...(transport.datagrams[0] as Uint8Array)], [0, 0, 120]);
});

test('without QUIC datagrams payloads go in capsules', () => {
  const masque = new MasquePair();
  masque.pair.client.maxDatagramSize = 0;
  const { far, client } = masque.tunnel();
  assert.equal(client.send(new Uint8Array(60_000).fill(65)), 'sent');
  masque.carry();
  assert.equal(far.payloads.length, 1);
});

test('what is too large is dropped, not cut and not put in a capsule', () => {
  const masque = new MasquePair();
  const { client } = masque.tunnel();
  const { maximumPayload } = client;
  const before = masque.pair.client.stream(0).octets.length;
  assert.equal(client.send(new Uint8Array(maximumPayload)), 'sent');
  assert.equal(client.send(new Uint8Array(maximumPayload + 1)), 'too_large');
  assert.equal(client.send(new Uint8Array(65_535)), 'too_large');
  assert.equal(client.counters.sendDrops, 2);
  assert.equal(masque.pair.client.stream(0).octets.length, before);
});

test('a refused request ends the tunnel with the reason of Proxy-Status', () => {
  for (const early of [true, false]) {
    const masque = new MasquePair();
    const refusal = { error: 'dns_error', rcode: 'NXDOMAIN', details: 'no "such" name' } as const;
    if (early) masque.decide = (request) => request.refuse(refusal);
    const near = new Recorder();
    masque.open(near);
    masque.carry();
    if (!early) masque.requests[0]?.refuse(refusal);
    masque.carry();
    assert.match(near.end?.reason ?? '', /refused: dns_error: no "such" name$/);
    assert.deepEqual(
      masque.pair.server.stream(0).octets,
      headers([
        [':status', '502'],
        ['proxy-status', '"upf1"; error=dns_error; rcode="NXDOMAIN"; details="no \\"such\\" name"'],
      ]),
    );
    assert.equal(masque.proxyTunnels[0]?.end?.reason, 'dns_error');
    assert.deepEqual([...masque.client.tunnels, ...masque.proxy.tunnels], []);
  }
});

test('payloads that come before the answer wait for it, up to a limit', () => {
  const masque = new MasquePair();
  const client = masque.open(new Recorder());
  masque.pair.carry();
  for (let i = 0; i < 40; i++) client.send(text(String(i)));
  masque.carry();
  assert.deepEqual(masque.proxyTunnels[0]?.payloads, []);
  masque.requests[0]?.accept(0);
  assert.equal(masque.proxyTunnels[0]?.payloads.length, 32);
  assert.equal(masque.proxyTunnels[0]?.tunnel?.counters.receiveDrops, 8);
});

test('a tunnel ends on both sides, however it ends', () => {
  const closed = new MasquePair();
  const first = closed.tunnel();
  first.client.close();
  closed.carry();
  assert.equal(first.far.end?.by, 'peer');
  assert.equal(first.far.end?.code, Http3ErrorCode.H3_NO_ERROR);
  assert.equal(closed.pair.serverConnection.openExchanges, 0);
  assert.equal(closed.pair.clientConnection.openExchanges, 0);
  const aborted = new MasquePair();
  const second = aborted.tunnel();
  second.proxy.abort(Http3ErrorCode.H3_CONNECT_ERROR, 'unreachable');
  aborted.carry();
  assert.equal(second.near.end?.code, Http3ErrorCode.H3_CONNECT_ERROR);
  assert.equal(second.client.send(text('x')), 'closed');
  const cancelled = new MasquePair();
  const near = new Recorder();
  cancelled.open(near).close();
  cancelled.carry();
  assert.equal(cancelled.proxyTunnels[0]?.end?.by, 'local');
  cancelled.requests[0]?.accept(0);
  assert.equal(cancelled.proxyTunnels[0]?.tunnel, undefined);
  const over = new MasquePair();
  const third = over.tunnel();
  over.client.end('the connection is gone');
  assert.equal(third.near.end?.reason, 'the connection is gone');
});

interface Proxied {
  readonly peer: ScriptedPeer;
  readonly recorder: Recorder;
  readonly pump: () => void;
}

/** A proxy that accepts everything, against a scripted client. */
function proxied(): Proxied {
  const peer = new ScriptedPeer('server').settings();
  const recorder = new Recorder();
  const masque = new MasqueConnection({
    connection: peer.connection,
    proxy: {
      tunnelRequested: (request) => {
        request.accept(0);
        return recorder;
      },
    },
  });
  return { peer, recorder, pump: () => masque.pump(0) };
}

function data(...capsules: readonly Uint8Array[]): Uint8Array {
  return encodeFrame(FrameType.data, concatBytes(...capsules));
}

const SEQUENCED = [...CONNECT_UDP, ['dg-sequence', '?1']] as const;

for (const [name, input, code] of [
  ['a payload of 65,528 octets', encodeCapsule(0, new Uint8Array(65_529)), 'H3_MESSAGE_ERROR'],
  ['a DATAGRAM capsule of 1 GiB', fromHex('00c000000040000000'), 'H3_MESSAGE_ERROR'],
  [
    'a sequence context of the other side',
    encodeCapsule(
      CapsuleType.registerSequenceContext,
      encodeSequenceContext({ contextId: 3, payloadContextId: 0, bits: 32 }),
    ),
    'H3_MESSAGE_ERROR',
  ],
  [
    'sequence numbers of 24 bits',
    encodeCapsule(CapsuleType.registerSequenceContext, fromHex('020018')),
    'H3_MESSAGE_ERROR',
  ],
  [
    'a sequence context of no known payload',
    encodeCapsule(CapsuleType.registerSequenceContext, fromHex('020420')),
    'H3_MESSAGE_ERROR',
  ],
  [
    'a sequence context without a size',
    encodeCapsule(CapsuleType.registerSequenceContext, fromHex('0200')),
    'H3_MESSAGE_ERROR',
  ],
  [
    'octets behind a sequence context',
    encodeCapsule(CapsuleType.registerSequenceContext, fromHex('02002000')),
    'H3_MESSAGE_ERROR',
  ],
] as const) {
  test(`${name} aborts the stream, not the connection`, () => {
    const { peer, recorder, pump } = proxied();
    peer.send(0, headers(SEQUENCED), data(input));
    pump();
    assert.equal(recorder.end?.code, Http3ErrorCode[code]);
    assert.equal(peer.transport.stream(0).reset, Http3ErrorCode[code]);
    assert.equal(peer.transport.closed, undefined);
  });
}

test('a stream that ends inside a capsule is malformed', () => {
  const { peer, recorder, pump } = proxied();
  peer.end(0, headers(CONNECT_UDP), data(fromHex('000500aabb')));
  pump();
  assert.equal(recorder.end?.code, Http3ErrorCode.H3_MESSAGE_ERROR);
});

test('unknown capsules are skipped, of any length, and so are unknown contexts', () => {
  const { peer, recorder, pump } = proxied();
  const unknown = encodeCapsule(0x1234, new Uint8Array(500));
  peer.send(0, headers(CONNECT_UDP), data(unknown, encodeCapsule(0, text('\0payload')), unknown));
  peer.connection.receiveDatagram(fromHex('0004aabb'));
  peer.connection.receiveDatagram(fromHex('00'));
  peer.connection.receiveDatagram(fromHex('00400061'));
  pump();
  assert.deepEqual(recorder.payloads, ['payload', 'a']);
  assert.equal(recorder.tunnel?.counters.receiveDrops, 1);
  peer.send(0, data(fromHex('29e000000000000000')), data(new Uint8Array(50_000)));
  pump();
  assert.equal(recorder.end, undefined);
});

test('a datagram does not overtake what came before it, and waits for nothing else', () => {
  const { peer, recorder, pump } = proxied();
  peer.send(0, headers(CONNECT_UDP));
  peer.connection.receiveDatagram(fromHex('000061'));
  assert.deepEqual(recorder.payloads, []);
  pump();
  peer.send(0, data(encodeCapsule(0, text('\0b'))));
  peer.connection.receiveDatagram(fromHex('000063'));
  pump();
  assert.deepEqual(recorder.payloads, ['a', 'b', 'c']);
  peer.connection.receiveDatagram(fromHex('000064'));
  assert.deepEqual(recorder.payloads, ['a', 'b', 'c', 'd']);
});

for (const lent of [true, false]) {
  test(`octets of a datagram are free again where the handler keeps none of them: ${lent}`, () => {
    const peer = new ScriptedPeer('server').settings();
    const payloads: string[] = [];
    const masque = new MasqueConnection({
      connection: peer.connection,
      proxy: {
        tunnelRequested: (request) => {
          request.accept(0);
          const receive = (payload: Uint8Array): void => void payloads.push(toHex(payload));
          return { receive, ended: () => undefined, lent };
        },
      },
    });
    assert.equal(masque.receiveDatagram(fromHex('000061'), 0), false, 'it waits for its request');
    peer.send(0, headers(SEQUENCED));
    masque.pump(0);
    assert.equal(masque.receiveDatagram(fromHex('000062'), 0), lent);
    assert.equal(masque.receiveDatagram(fromHex('00020063'), 0), false, 'of an unknown context');
    assert.equal(masque.receiveDatagram(fromHex('040064'), 0), false, 'of no request');
    assert.deepEqual(payloads, ['61', '62']);
  });
}

test('datagrams of a context wait for its registration, up to a limit', () => {
  const { peer, recorder, pump } = proxied();
  peer.send(0, headers(SEQUENCED));
  for (let i = 0; i < 40; i++)
    peer.connection.receiveDatagram(Uint8Array.of(0, 2, i, 97 + (i % 20)));
  pump();
  assert.deepEqual(recorder.payloads, []);
  const value = encodeSequenceContext({ contextId: 2, payloadContextId: 0, bits: 8 });
  peer.send(0, data(encodeCapsule(CapsuleType.registerSequenceContext, value)));
  pump();
  assert.equal(recorder.tunnel?.counters.receiveDrops, 8);
  peer.send(0, data(encodeCapsule(CapsuleType.registerSequenceContext, value)));
  pump();
  assert.equal(recorder.end?.code, Http3ErrorCode.H3_MESSAGE_ERROR);
});

test('too many octets before the tunnel is open are no patience test', () => {
  const peer = new ScriptedPeer('server').settings();
  const recorder = new Recorder();
  const masque = new MasqueConnection({
    connection: peer.connection,
    proxy: { tunnelRequested: () => recorder },
  });
  peer.send(0, headers(CONNECT_UDP), data(new Uint8Array(70_000)));
  masque.pump(0);
  assert.equal(recorder.end?.code, Http3ErrorCode.H3_EXCESSIVE_LOAD);
});

function answerTo(fields: readonly (readonly [string, string])[]): ScriptedPeer {
  const peer = new ScriptedPeer('server').settings();
  const masque = new MasqueConnection({
    connection: peer.connection,
    proxy: { tunnelRequested: () => new Recorder() },
  });
  peer.send(0, headers(fields));
  masque.pump(0);
  return peer;
}

function withField(name: string, value: string): readonly (readonly [string, string])[] {
  const rest = CONNECT_UDP.filter(([field]) => field !== name);
  return name.startsWith(':') ? [[name, value], ...rest] : [...rest, [name, value]];
}

test('an unknown protocol is answered 501, another request 404', () => {
  const unknown = answerTo(withField(':protocol', 'websocket'));
  assert.deepEqual(unknown.transport.stream(0).octets, headers([[':status', '501']]));
  const get = answerTo([
    [':method', 'GET'],
    [':scheme', 'https'],
    [':authority', 'a'],
    [':path', '/'],
  ]);
  assert.deepEqual(get.transport.stream(0).octets, headers([[':status', '404']]));
});

for (const [name, field, value] of [
  ['port 0', ':path', '/.well-known/masque/udp/192.0.2.6/0/'],
  ['port 65536', ':path', '/.well-known/masque/udp/192.0.2.6/65536/'],
  ['no port', ':path', '/.well-known/masque/udp/192.0.2.6/'],
  ['a port that is no number', ':path', '/.well-known/masque/udp/192.0.2.6/dns/'],
  ['an empty host', ':path', '/.well-known/masque/udp//443/'],
  ['a host that is no host', ':path', '/.well-known/masque/udp/a%20b/443/'],
  ['half an IPv4 address', ':path', '/.well-known/masque/udp/192.0.2/443/'],
  ['a broken escape', ':path', '/.well-known/masque/udp/a%2/443/'],
  ['another path', ':path', '/somewhere'],
  ['another scheme', ':scheme', 'http'],
  ['content-length', 'content-length', '0'],
  ['content-type', 'content-type', 'text/plain'],
] as const) {
  test(`CONNECT-UDP with ${name} is answered 400`, () => {
    const peer = answerTo(withField(field, value));
    assert.deepEqual(peer.transport.stream(0).octets, headers([[':status', '400']]));
    assert.equal(peer.transport.stream(0).stopped, Http3ErrorCode.H3_MESSAGE_ERROR);
    assert.equal(peer.transport.closed, undefined);
  });
}

for (const [name, fields] of [
  ['204', [[':status', '204']]],
  [
    'content-length',
    [
      [':status', '200'],
      ['content-length', '0'],
    ],
  ],
] as [string, [string, string][]][]) {
  test(`a client gives up on a response with ${name}`, () => {
    const { transport, connection } = new ScriptedPeer('client').settings({
      enableConnectProtocol: true,
    });
    const masque = new MasqueConnection({ connection });
    masque.pump(0);
    const recorder = new Recorder();
    masque.open({
      protocol: 'connect-udp',
      authority: 'a',
      path: '/',
      mode: 'datagram-2',
      handler: recorder,
    });
    connection.receiveStream(0, headers(fields), false);
    masque.pump(0);
    assert.equal(recorder.end?.code, Http3ErrorCode.H3_MESSAGE_ERROR);
    assert.equal(transport.stream(0).reset, Http3ErrorCode.H3_MESSAGE_ERROR);
  });
}
