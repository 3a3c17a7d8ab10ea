import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  formatPrefix,
  type IpScope,
  IpTunnel,
  ipPath,
  parsePrefix,
  parseTargetRule,
  readIpHeader,
  TargetPolicy,
  type TransportMode,
} from '@mpquic/http3';
import { parseIp, utf8 } from '@mpquic/wire';
import { IpProxy, type IpProxyOptions } from '../src/ip-proxy.ts';
import { buildUdp, readUdp } from '../src/udp-packet.ts';
import { connectPair, udpServer } from './masque-pair.ts';

const UE = parseIp('10.60.0.7');
const GATEWAY = parseIp('10.60.255.254');
const LOOPBACK = parseIp('127.0.0.1');

class IpClient {
  readonly packets: Uint8Array[] = [];
  readonly tunnel: IpTunnel;
  end: string | undefined;
  #changed: (() => void) | undefined;

  constructor() {
    const changed = (): void => this.#changed?.();
    this.tunnel = new IpTunnel({
      receive: (packet) => {
        this.packets.push(packet);
        changed();
      },
      opened: (tunnel) => tunnel.requestAddresses([parsePrefix('0.0.0.0')]),
      addressesChanged: changed,
      routesChanged: changed,
      ended: ({ reason }) => {
        this.end = reason;
        changed();
      },
    });
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }
}

async function ipLink(
  context: TestContext,
  options: Partial<IpProxyOptions> = {},
  scope: IpScope = { target: '*', protocol: '*' },
  mode: TransportMode = 'datagram-2',
): Promise<{ readonly client: IpClient; readonly proxy: IpProxy }> {
  const proxy = new IpProxy({
    policy: new TargetPolicy({ allowed: [parseTargetRule('127.0.0.1')] }),
    addresses: { v4: UE },
    gateway: { v4: GATEWAY },
    ...options,
  });
  const pair = await connectPair({
    tunnelRequested: (request) => {
      const { destination } = request;
      assert.equal(destination.protocol, 'connect-ip');
      return proxy.open(request, destination.scope);
    },
  });
  context.after(async () => {
    proxy.close();
    await pair.close();
  });
  const client = new IpClient();
  await pair.client.openTunnel({
    protocol: 'connect-ip',
    authority: 'upf.example',
    path: ipPath(scope),
    mode,
    handler: client.tunnel,
  });
  await client.until(() => client.tunnel.addresses.length > 0 || client.end !== undefined);
  return { client, proxy };
}

for (const mode of ['datagram-1', 'datagram-2', 'stream'] as TransportMode[]) {
  test(`IP packets reach a UDP server behind the proxy, and its answers come back, ${mode}`, async (context) => {
    const echo = await udpServer((payload) => payload);
    context.after(() => echo.close());
    const { client, proxy } = await ipLink(context, {}, { target: '*', protocol: 17 }, mode);
    assert.deepEqual(client.tunnel.addresses.map(formatPrefix), ['10.60.0.7']);
    const target = { address: LOOPBACK, port: echo.port };
    for (const size of [0, 1, 1_200]) {
      client.tunnel.send(buildUdp({ address: UE, port: 4_000 }, target, new Uint8Array(size)));
    }
    await client.until(() => client.packets.length === 3);
    const [first] = client.packets;
    const header = readIpHeader(first as Uint8Array);
    assert.ok(header);
    assert.equal(header.hopLimit, 63);
    const answer = readUdp(first as Uint8Array, header);
    assert.equal(answer?.sourcePort, echo.port);
    assert.equal(answer?.destinationPort, 4_000);
    assert.deepEqual(proxy.counters, {
      tunnels: 1,
      accepted: 1,
      refused: 0,
      flows: 1,
      uplinkPackets: 3,
      downlinkPackets: 3,
      drops: {},
    });
  });
}

test('ICMP tells of prohibited targets, closed ports and protocols that are not carried', async (context) => {
  const closed = await udpServer(() => undefined);
  closed.close();
  const { client } = await ipLink(context);
  const source = { address: UE, port: 4_000 };
  const icmpOf = async (packet: Uint8Array): Promise<string> => {
    const before = client.packets.length;
    client.tunnel.send(packet);
    await client.until(() => client.packets.length > before);
    const answer = client.packets.at(-1) as Uint8Array;
    return `${answer[20]}/${answer[21]}`;
  };
  const metadata = { address: parseIp('127.0.0.2'), port: 53 };
  assert.equal(await icmpOf(buildUdp(source, metadata, utf8('x'))), '3/13');
  const nobody = { address: LOOPBACK, port: closed.port };
  assert.equal(await icmpOf(buildUdp(source, nobody, utf8('x'))), '3/3');
  const tcp = buildUdp(source, { address: LOOPBACK, port: 80 }, utf8('x'));
  tcp[9] = 6;
  // The checksum follows the protocol field: 17 became 6.
  const checksum = ((((tcp[10] as number) << 8) | (tcp[11] as number)) + 11) % 0xffff;
  tcp[10] = checksum >> 8;
  tcp[11] = checksum & 0xff;
  assert.equal(await icmpOf(tcp), '3/13');
});

test('a scope outside of what the proxy serves is refused, a name is resolved first', async (context) => {
  const v6 = await ipLink(context, {}, { target: parsePrefix('2001:db8::/32'), protocol: '*' });
  assert.match(v6.client.end ?? '', /destination_ip_prohibited/);
  const unknown = await ipLink(
    context,
    { resolve: () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' })) },
    { target: { name: 'nowhere.example' }, protocol: '*' },
  );
  assert.match(unknown.client.end ?? '', /dns_error/);
  const named = await ipLink(
    context,
    { resolve: () => Promise.resolve(['127.0.0.1', '10.0.0.1', '::1']) },
    { target: { name: 'echo.example' }, protocol: '*' },
  );
  await named.client.until(() => named.client.tunnel.routes.length > 0);
  assert.deepEqual(
    named.client.tunnel.routes.map(({ start }) => start.join('.')),
    ['10.0.0.1', '127.0.0.1'],
  );
});

test('flows have a limit: the most silent one ends', async (context) => {
  const echo = await udpServer((payload) => payload);
  context.after(() => echo.close());
  const { client, proxy } = await ipLink(context);
  for (let port = 1; port <= 300; port++) {
    const source = { address: UE, port };
    client.tunnel.send(buildUdp(source, { address: LOOPBACK, port: echo.port }, utf8('x')));
  }
  await client.until(() => client.packets.length >= 200);
  assert.ok(proxy.counters.flows <= 256);
});
