import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatIp, fromHex, parseIp, toHex } from '@mpquic/wire';
import { Http3ErrorCode, Http3StreamError } from '../src/error-code.ts';
import { icmpError } from '../src/masque/icmp.ts';
import { scopeRanges } from '../src/masque/ip-addressing.ts';
import {
  decodeAssignments,
  decodeRequests,
  decodeRoutes,
  encodeAddresses,
  encodeRoutes,
} from '../src/masque/ip-capsules.ts';
import {
  buildIpPacket,
  foldChecksum,
  type IpHeader,
  readIpHeader,
  sumWords,
} from '../src/masque/ip-packet.ts';
import { formatPrefix, type IpPrefix, parsePrefix, rangeOf } from '../src/masque/ip-prefix.ts';
import { IpTunnel, type IpTunnelOptions } from '../src/masque/ip-tunnel.ts';
import { ipPath } from '../src/masque/target.ts';
import type { TunnelEnd } from '../src/masque/tunnel.ts';
import { MasquePair } from './masque-pair.ts';

const ip = parseIp;
const UE = ip('10.60.0.1');
const SERVER = ip('192.0.2.9');
const GATEWAY = ip('10.60.255.254');

interface Side {
  readonly tunnel: IpTunnel;
  readonly packets: Uint8Array[];
  readonly ends: TunnelEnd[];
}

function side(options: Partial<IpTunnelOptions> = {}): Side {
  const packets: Uint8Array[] = [];
  const ends: TunnelEnd[] = [];
  const tunnel = new IpTunnel({
    receive: (packet) => packets.push(packet),
    ended: (end) => ends.push(end),
    ...options,
  });
  return { tunnel, packets, ends };
}

/** A UE with an address and a proxy that forwards to everything. */
function link(
  proxyOptions: Partial<IpTunnelOptions> = {},
  ueOptions: Partial<IpTunnelOptions> = {},
  maxDatagramSize = 1_200,
): { masque: MasquePair; ue: Side; proxy: Side } {
  const proxy = side({
    gateway: { v4: GATEWAY, v6: ip('fd00::fe') },
    assign: ({ prefix }) => (prefix.address.length === 4 ? { address: UE, length: 32 } : undefined),
    opened: (tunnel) =>
      tunnel.advertiseRoutes([{ ...rangeOf(parsePrefix('0.0.0.0/0')), protocol: 0 }]),
    ...proxyOptions,
  });
  const ue = side({
    opened: (tunnel) => tunnel.requestAddresses([parsePrefix('0.0.0.0'), parsePrefix('::')]),
    ...ueOptions,
  });
  const masque = new MasquePair({ handler: () => proxy.tunnel });
  masque.pair.client.maxDatagramSize = maxDatagramSize;
  masque.pair.server.maxDatagramSize = maxDatagramSize;
  masque.open(ue.tunnel, {
    protocol: 'connect-ip',
    path: ipPath({ target: '*', protocol: '*' }),
  });
  masque.carry();
  masque.requests[0]?.accept(0);
  masque.carry();
  return { masque, ue, proxy };
}

function udp(source: Uint8Array, destination: Uint8Array, octets = 20, hopLimit = 64): Uint8Array {
  return buildIpPacket(source, destination, 17, new Uint8Array(octets), hopLimit);
}

test('addresses are requested and assigned, the refused one is none, routes are told', () => {
  const { ue, proxy } = link();
  assert.deepEqual(ue.tunnel.addresses.map(formatPrefix), ['10.60.0.1']);
  assert.deepEqual(proxy.tunnel.peerAddresses.map(formatPrefix), ['10.60.0.1']);
  assert.equal(formatIp(ue.tunnel.routes[0]?.end ?? UE), '255.255.255.255');
});

test('packets cross; forwarding takes one hop, sending of own packets none', () => {
  const { masque, ue, proxy } = link();
  const up = udp(UE, SERVER);
  assert.equal(ue.tunnel.send(up), true);
  masque.carry();
  assert.deepEqual(proxy.packets, [up]);
  const down = udp(SERVER, UE);
  assert.equal(proxy.tunnel.forward(down.slice(), 0), undefined);
  masque.carry();
  const [received] = ue.packets;
  assert.equal(readIpHeader(received ?? down)?.hopLimit, 63);
});

test('a source that was not assigned is dropped, counted and told', () => {
  const { masque, ue, proxy } = link();
  ue.tunnel.send(udp(ip('10.60.0.2'), SERVER));
  masque.carry();
  assert.deepEqual(proxy.packets, []);
  assert.equal(proxy.tunnel.drops.get('source_policy'), 1);
  // The ICMP error goes to the source that the packet names, which is not this UE: nothing is delivered.
  assert.equal(ue.tunnel.drops.get('no_route'), 1);
});

test('a destination outside the routes is answered with ICMP', () => {
  const { masque, ue, proxy } = link({
    opened: (tunnel) =>
      tunnel.advertiseRoutes([{ ...rangeOf(parsePrefix('192.0.2.0/24')), protocol: 17 }]),
  });
  ue.tunnel.send(udp(UE, ip('198.51.100.1')));
  ue.tunnel.send(buildIpPacket(UE, SERVER, 6, new Uint8Array(20)));
  ue.tunnel.send(buildIpPacket(UE, SERVER, 1, new Uint8Array(20)));
  ue.tunnel.send(udp(UE, SERVER));
  masque.carry();
  assert.equal(proxy.packets.length, 2);
  assert.equal(proxy.tunnel.drops.get('no_route'), 2);
  assert.deepEqual(
    ue.packets.map((packet) => toHex(packet.slice(20, 22))),
    ['0300', '0300'],
  );
});

test('the gateway answers echo requests', () => {
  const { masque, ue } = link();
  const echo = fromHex('080000000001000261626364');
  const checksum = foldChecksum(sumWords(echo, 0, echo.length));
  echo[2] = checksum >> 8;
  echo[3] = checksum & 0xff;
  ue.tunnel.send(buildIpPacket(UE, GATEWAY, 1, echo));
  masque.carry();
  const [reply] = ue.packets;
  assert.equal(toHex(reply?.slice(20, 22) ?? UE), '0000');
  assert.equal(foldChecksum(sumWords(reply ?? UE, 20, (reply ?? UE).length)), 0);
});

test('TTL 1 becomes time exceeded, too large becomes packet too big', () => {
  for (const [source, target] of [
    [SERVER, UE],
    [ip('2001:db8::9'), ip('2001:db8:60::1')],
  ] as const) {
    const { proxy, masque, ue } = link();
    const v4 = source.length === 4;
    const expired = proxy.tunnel.forward(udp(source, target, 20, 1), 0);
    assert.equal(expired?.[v4 ? 20 : 40], v4 ? 11 : 3);
    const big = proxy.tunnel.forward(udp(source, target, 2_000), 0) ?? UE;
    assert.equal(toHex(big.slice(v4 ? 20 : 40, v4 ? 22 : 42)), v4 ? '0304' : '0200');
    const mtu = ((big[v4 ? 26 : 46] as number) << 8) | (big[v4 ? 27 : 47] as number);
    assert.equal(mtu, proxy.tunnel.mtu);
    assert.ok(big.length <= (v4 ? 576 : 1280));
    masque.carry();
    assert.deepEqual(ue.packets, []);
  }
});

test('ICMP errors are limited in their rate', () => {
  const { proxy } = link();
  const answers = Array.from({ length: 100 }, () =>
    proxy.tunnel.forward(udp(SERVER, UE, 20, 1), 0),
  );
  assert.equal(answers.filter((answer) => answer !== undefined).length, 20);
  assert.notEqual(proxy.tunnel.forward(udp(SERVER, UE, 20, 1), 20_000), undefined);
});

test('no ICMP about ICMP errors, fragments, multicast and nobody', () => {
  const about = (packet: Uint8Array): Uint8Array | undefined =>
    icmpError({ type: 'no_route' }, packet, readIpHeader(packet) as IpHeader, GATEWAY);
  const error = about(udp(UE, SERVER)) as Uint8Array;
  assert.ok(readIpHeader(error));
  assert.equal(about(error), undefined);
  assert.equal(about(udp(UE, ip('224.0.0.1'))), undefined);
  assert.equal(about(udp(ip('0.0.0.0'), SERVER)), undefined);
  const fragment = udp(UE, SERVER);
  fragment[7] = 1;
  fragment[10] = 0;
  fragment[11] = 0;
  const checksum = foldChecksum(sumWords(fragment, 0, 20));
  fragment[10] = checksum >> 8;
  fragment[11] = checksum & 0xff;
  assert.equal(about(fragment), undefined);
});

test('link-local traffic and broken packets stay where they came from', () => {
  const { masque, ue, proxy } = link();
  ue.tunnel.send(udp(ip('169.254.1.1'), SERVER));
  ue.tunnel.send(udp(UE, ip('169.254.1.1')));
  ue.tunnel.send(udp(ip('fe80::1'), ip('ff02::2')));
  ue.tunnel.send(fromHex('45000014'));
  ue.tunnel.send(new Uint8Array(0));
  masque.carry();
  assert.equal(proxy.packets.length, 0);
  assert.equal(proxy.tunnel.drops.get('link_local'), 3);
  assert.equal(proxy.tunnel.drops.get('malformed'), 2);
});

const V6: IpPrefix = parsePrefix('2001:db8:60::1');
const ASSIGN_V6: Partial<IpTunnelOptions> = {
  assign: ({ prefix }) => (prefix.address.length === 16 ? V6 : undefined),
};

test('an IPv6 link proves 1280 octets', () => {
  const { masque, ue, proxy } = link(ASSIGN_V6, {}, 1_300);
  assert.deepEqual(ue.tunnel.addresses.map(formatPrefix), ['2001:db8:60::1']);
  assert.equal(masque.proxy.nextTimeout(), undefined, 'the echo request was answered');
  assert.deepEqual([proxy.ends, ue.ends, ue.packets], [[], [], []]);
});

test('an IPv6 link that loses packets of 1280 octets ends', () => {
  const { masque, proxy } = link({}, {}, 1_300);
  proxy.tunnel.assignAddresses([V6], 0);
  for (let second = 1; second <= 3; second++) {
    masque.pair.server.datagrams.length = 0;
    assert.equal(masque.proxy.nextTimeout(), second * 1_000_000);
    masque.proxy.handleTimeout(second * 1_000_000);
    assert.deepEqual(proxy.ends, []);
  }
  masque.proxy.handleTimeout(4_000_000);
  assert.equal(proxy.ends[0]?.code, Http3ErrorCode.H3_CONNECT_ERROR);
});

test('a tunnel that is too narrow for IPv6 ends', () => {
  const { proxy, ue } = link(ASSIGN_V6, {}, 1_281);
  assert.equal(proxy.ends[0]?.code, Http3ErrorCode.H3_CONNECT_ERROR);
  assert.equal(ue.ends[0]?.code, Http3ErrorCode.H3_CONNECT_ERROR);
});

test('an address capsule that is malformed aborts the stream', () => {
  for (const hex of [
    '0005c000020120',
    '0004c000020121',
    '0004c000020118',
    '0004c00002',
    '0006c000020120',
  ]) {
    assert.throws(() => decodeAssignments(fromHex(hex)), Http3StreamError, hex);
  }
  assert.deepEqual(decodeAssignments(new Uint8Array()), []);
  for (const hex of ['', '0004c000020120', '0104c0000201200104c000020220']) {
    assert.throws(() => decodeRequests(fromHex(hex)), Http3StreamError, hex);
  }
});

test('a request ID that comes again aborts the stream', () => {
  const { masque, ue, proxy } = link();
  const again = encodeAddresses([{ requestId: 1, prefix: parsePrefix('0.0.0.0') }]);
  assert.throws(() => proxy.tunnel.receiveCapsule(2, again, 0), Http3StreamError);
  for (let i = 0; i < 300; i++) ue.tunnel.requestAddresses([parsePrefix('0.0.0.0')]);
  masque.carry();
  assert.equal(proxy.ends[0]?.code, Http3ErrorCode.H3_EXCESSIVE_LOAD);
});

test('routes out of order, overlapping or backwards are malformed', () => {
  const range = (start: string, end: string, protocol = 0) => ({
    start: ip(start),
    end: ip(end),
    protocol,
  });
  const good = [
    range('10.0.0.0', '10.0.0.255'),
    range('10.0.1.0', '10.0.1.0'),
    range('0.0.0.0', '255.255.255.255', 17),
    range('::', '::1'),
  ];
  assert.deepEqual(decodeRoutes(encodeRoutes(good)), good);
  for (const bad of [
    [range('10.0.0.9', '10.0.0.1')],
    [range('10.0.0.0', '10.0.0.255'), range('10.0.0.255', '10.0.1.0')],
    [range('10.0.1.0', '10.0.1.1'), range('10.0.0.0', '10.0.0.1')],
    [range('10.0.1.0', '10.0.1.1', 17), range('10.1.0.0', '10.1.0.1', 6)],
    [range('::', '::1'), range('10.0.0.0', '10.0.0.1')],
  ]) {
    assert.throws(() => decodeRoutes(encodeRoutes(bad)), Http3StreamError);
  }
  assert.deepEqual(decodeRoutes(new Uint8Array()), []);
});

test('a scope cuts the routes', () => {
  const all = [{ ...rangeOf(parsePrefix('10.0.0.0/8')), protocol: 0 }];
  const cut = scopeRanges({ target: parsePrefix('10.1.0.0/16'), protocol: 17 }, all);
  assert.deepEqual(cut, [{ ...rangeOf(parsePrefix('10.1.0.0/16')), protocol: 17 }]);
  assert.deepEqual(scopeRanges({ target: parsePrefix('192.0.2.0/24'), protocol: '*' }, all), []);
  assert.deepEqual(scopeRanges({ target: parsePrefix('::/0'), protocol: '*' }, all), []);
  assert.deepEqual(scopeRanges({ target: '*', protocol: '*' }, all), all);
});
