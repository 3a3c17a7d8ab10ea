import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Http3ErrorCode, parseTargetRule, TargetPolicy, type TransportMode } from '@mpquic/http3';
import { utf8 } from '@mpquic/wire';
import { UdpProxy, type UdpProxyOptions } from '../src/udp-proxy.ts';
import { connectPair, type MasquePair, openUdp, udpServer } from './masque-pair.ts';

const loopback = new TargetPolicy({ allowed: [parseTargetRule('127.0.0.0/8')] });

async function proxied(
  context: TestContext,
  options: Partial<UdpProxyOptions> = {},
): Promise<MasquePair & { readonly proxy: UdpProxy }> {
  const proxy = new UdpProxy({ policy: loopback, ...options });
  const pair = await connectPair({
    tunnelRequested: (request) => {
      const { destination } = request;
      assert.equal(destination.protocol, 'connect-udp');
      return proxy.open(request, destination.target);
    },
  });
  context.after(async () => {
    proxy.close();
    await pair.close();
  });
  return { ...pair, proxy };
}

for (const mode of ['datagram-1', 'datagram-2', 'stream'] as TransportMode[]) {
  test(`UDP crosses the proxy and comes back, ${mode}`, async (context) => {
    const echo = await udpServer((payload) => payload);
    context.after(() => echo.close());
    const { client, proxy } = await proxied(context);
    const tunnel = await openUdp(client, '127.0.0.1', echo.port, mode);
    assert.equal(tunnel.tunnel?.mode, mode);
    const sizes = [0, 1, 500, 1_200];
    for (const size of sizes) {
      assert.equal(tunnel.tunnel.send(new Uint8Array(size).fill(size)), 'sent');
      await tunnel.until(() => tunnel.payloads.length === sizes.indexOf(size) + 1);
    }
    assert.deepEqual(
      tunnel.payloads.map((payload) => payload.length),
      sizes,
    );
    const { uplinkPayloads, downlinkOctets, tunnels } = proxy.counters;
    assert.deepEqual([uplinkPayloads, downlinkOctets, tunnels], [4, 1_701, 1]);
    tunnel.tunnel.close();
    for (let i = 0; i < 500 && proxy.counters.tunnels > 0; i++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert.equal(proxy.counters.tunnels, 0);
  });
}

test('a tunnel that nobody uses for two minutes ends, one in use does not', async (context) => {
  context.mock.timers.enable({ apis: ['setInterval'] });
  const echo = await udpServer((payload) => payload);
  context.after(() => echo.close());
  let now = 0;
  const { client, proxy } = await proxied(context, {
    clock: { now: () => now },
    // RFC 9298 §3.1: less than two minutes is not allowed.
    idleTimeoutMs: 1_000,
  });
  const [quiet, busy] = [
    await openUdp(client, '127.0.0.1', echo.port),
    await openUdp(client, '127.0.0.1', echo.port),
  ];
  now += 119_000_000;
  context.mock.timers.tick(30_000);
  assert.equal(proxy.counters.tunnels, 2);
  busy.tunnel?.send(utf8('still here'));
  await busy.until(() => busy.payloads.length === 1);
  now += 2_000_000;
  context.mock.timers.tick(30_000);
  await quiet.until(() => quiet.end !== undefined);
  assert.deepEqual([quiet.end?.by, quiet.end?.code], ['peer', Http3ErrorCode.H3_NO_ERROR]);
  assert.equal(busy.end, undefined);
  assert.equal(proxy.counters.tunnels, 1);
});

test('what comes from anybody but the target is not passed on', async (context) => {
  const from: number[] = [];
  const server = await udpServer((payload) => payload);
  server.socket.on('message', (_, { port }) => from.push(port));
  const stranger = await udpServer(() => undefined);
  context.after(() => {
    server.close();
    stranger.close();
  });
  const { client } = await proxied(context);
  const tunnel = await openUdp(client, '127.0.0.1', server.port);
  tunnel.tunnel?.send(utf8('first'));
  await tunnel.until(() => tunnel.payloads.length === 1);
  await new Promise((resolve) => {
    stranger.socket.send('let me in', from[0] ?? 0, '127.0.0.1', resolve);
  });
  tunnel.tunnel?.send(utf8('second'));
  await tunnel.until(() => tunnel.payloads.length === 2);
  assert.deepEqual(
    tunnel.payloads.map((payload) => new TextDecoder().decode(payload)),
    ['first', 'second'],
  );
});

test('GOAWAY: open tunnels go on, no other is opened, and the last one ends the connection', async (context) => {
  const echo = await udpServer((payload) => payload);
  context.after(() => echo.close());
  const { client, proxySession } = await proxied(context);
  const tunnel = await openUdp(client, '127.0.0.1', echo.port);
  proxySession().goaway();
  while (!client.masque.draining) await new Promise((resolve) => setTimeout(resolve, 2));
  await assert.rejects(openUdp(client, '127.0.0.1', echo.port), /takes no more requests/);
  tunnel.tunnel?.send(utf8('still here'));
  await tunnel.until(() => tunnel.payloads.length === 1);
  tunnel.tunnel?.close();
  await assert.rejects(client.quic.closed, { errorCode: BigInt(Http3ErrorCode.H3_NO_ERROR) });
});

test('names are resolved before the answer; those that are none are refused', async (context) => {
  const echo = await udpServer((payload) => payload);
  context.after(() => echo.close());
  const { client } = await proxied(context, {
    resolve: (name) => {
      if (name === 'echo.example') return Promise.resolve(['10.0.0.1', '127.0.0.1']);
      if (name === 'empty.example') return Promise.resolve([]);
      return Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
    },
    policy: new TargetPolicy({
      allowed: [parseTargetRule('127.0.0.1')],
      denied: [parseTargetRule('10.0.0.0/8')],
    }),
  });
  const tunnel = await openUdp(client, 'echo.example', echo.port);
  tunnel.tunnel?.send(utf8('hello'));
  await tunnel.until(() => tunnel.payloads.length === 1);
  const unknown = await openUdp(client, 'nowhere.example', 53);
  assert.match(unknown.end?.reason ?? '', /refused: dns_error/);
  const empty = await openUdp(client, 'empty.example', 53);
  assert.match(empty.end?.reason ?? '', /refused: dns_error: no address/);
});

test('prohibited targets are refused', async (context) => {
  const { client, proxy } = await proxied(context, { policy: new TargetPolicy() });
  for (const host of ['127.0.0.1', '169.254.169.254', '::1', '::ffff:127.0.0.1']) {
    const { end } = await openUdp(client, host, 53);
    assert.match(end?.reason ?? '', /refused: destination_ip_prohibited/, host);
  }
  assert.equal(proxy.counters.refused, 4);
});

test('a target that refuses ends its tunnel, not the others', async (context) => {
  const echo = await udpServer((payload) => payload);
  const gone = await udpServer(() => undefined);
  gone.close();
  context.after(() => echo.close());
  const { client } = await proxied(context);
  const good = await openUdp(client, '127.0.0.1', echo.port);
  const bad = await openUdp(client, '127.0.0.1', gone.port);
  const timer = setInterval(() => bad.tunnel?.send(utf8('anybody?')), 5);
  await bad.until(() => bad.end !== undefined);
  clearInterval(timer);
  assert.equal(bad.end?.by, 'peer');
  good.tunnel?.send(utf8('hello'));
  await good.until(() => good.payloads.length === 1);
});

test('a payload that no link takes is dropped and counted', async (context) => {
  const { client, proxy } = await proxied(context, {
    policy: new TargetPolicy({ allowed: [parseTargetRule('127.0.0.0/8')] }),
  });
  const echo = await udpServer((payload) => payload);
  context.after(() => echo.close());
  const tunnel = await openUdp(client, '127.0.0.1', echo.port, 'stream');
  assert.equal(tunnel.tunnel?.send(new Uint8Array(65_527)), 'sent');
  tunnel.tunnel?.send(utf8('next'));
  await tunnel.until(() => tunnel.payloads.length === 1);
  assert.equal(proxy.counters.uplinkDrops, 1);
});

test('tunnels have a limit', async (context) => {
  const { client } = await proxied(context, { maximumTunnels: 2 });
  await openUdp(client, '127.0.0.1', 9);
  await openUdp(client, '127.0.0.1', 9);
  const third = await openUdp(client, '127.0.0.1', 9);
  assert.match(third.end?.reason ?? '', /connection_limit_reached/);
});

test('a target that floods loses datagrams, and the tunnel lives on', async (context) => {
  const echo = await udpServer((payload) => payload);
  context.after(() => echo.close());
  const flood = await udpServer(() => undefined);
  flood.socket.on('message', (_, { port, address }) => {
    for (let i = 0; i < 3_000; i++) flood.socket.send(new Uint8Array(1_000), port, address);
  });
  context.after(() => flood.close());
  const { client } = await proxied(context);
  const flooded = await openUdp(client, '127.0.0.1', flood.port);
  flooded.tunnel?.send(utf8('start'));
  await flooded.until(() => flooded.payloads.length >= 200);
  const other = await openUdp(client, '127.0.0.1', echo.port);
  const timer = setInterval(() => other.tunnel?.send(utf8('hello')), 20);
  await other.until(() => other.payloads.length > 0);
  clearInterval(timer);
  assert.equal(flooded.end, undefined);
});

test('the end of the QUIC connection ends all tunnels', async (context) => {
  const { client, server, proxy } = await proxied(context);
  const tunnel = await openUdp(client, '127.0.0.1', 9);
  server.destroy(undefined, { code: 0x100, reason: 'restart', type: 'application' });
  await tunnel.until(() => tunnel.end !== undefined);
  assert.equal(tunnel.end?.reason, 'restart');
  assert.equal(proxy.counters.tunnels, 0);
  await assert.rejects(openUdp(client, '127.0.0.1', 9), /restart/);
});
