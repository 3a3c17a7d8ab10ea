import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Http3ErrorCode } from '../src/error-code.ts';
import { MasqueConnection } from '../src/masque/masque-connection.ts';
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
