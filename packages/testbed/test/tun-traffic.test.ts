/** Unchanged applications over CONNECT-IP: kernel interfaces at the UE and at the UPF, each in a namespace of its own. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { type TestContext, test } from 'node:test';
import { buildIpPacket, IpProtocol } from '@mpquic/http3';
import { parseIp } from '@mpquic/wire';
import { NetworkNamespace, namespacesUnavailable } from './network-namespace.ts';
import { type Scene, startScene } from './traffic-scene.ts';

const skip = namespacesUnavailable() ?? false;

const SERVER = '198.18.80.1';

interface TunScene extends Scene {
  readonly ue: NetworkNamespace;
  readonly dn: NetworkNamespace;
}

async function startTunScene(
  context: TestContext,
  steering: string,
  workers = 1,
): Promise<TunScene> {
  const scene = await startScene(context, {
    steering,
    upf: { tun: true, tunName: 'mpqtn%d', workers },
    ue: { tun: true, tunName: 'mpqtu%d', tunRoutes: ['198.18.80.0/24'], forward: [] },
  });
  const { tun } = scene.traffic;
  const { router } = scene.network.upf;
  assert.ok(tun && router);
  const address = execFileSync('ip', ['addr', 'show', tun.name], { encoding: 'utf8' });
  assert.match(address, /inet 10\.60\.0\.1\/32/);
  const [ue, dn] = [await NetworkNamespace.make(context), await NetworkNamespace.make(context)];
  ue.take(tun.name);
  ue.ip(`addr add 10.60.0.1/32 dev ${tun.name}`);
  ue.ip(`link set ${tun.name} up`);
  ue.ip(`route add 198.18.80.0/24 dev ${tun.name}`);
  dn.take(router.name);
  dn.ip(`addr add 10.60.255.254/16 dev ${router.name}`);
  dn.ip(`link set ${router.name} up`);
  dn.ip(`addr add ${SERVER}/32 dev lo`);
  return { ...scene, ue, dn };
}

const SERVE = `
  const udp = require('node:dgram').createSocket('udp4');
  udp.on('message', (data, { address, port }) => udp.send(data, port, address));
  udp.bind(7000, '${SERVER}', () => {
    const server = require('node:net').createServer((socket) => {
      socket.on('error', () => {});
      socket.end(Buffer.alloc(2_000_000, 7));
    });
    server.listen(7000, '${SERVER}', () => console.log('ready'));
  });`;

const ASK_UDP = `
  const udp = require('node:dgram').createSocket('udp4');
  udp.on('message', (data) => { console.log(String(data)); process.exit(); });
  setInterval(() => udp.send('hello', 7000, '${SERVER}'), 100);`;

const DOWNLOAD = `
  let octets = 0;
  const socket = require('node:net').connect(7000, '${SERVER}');
  socket.on('data', (data) => { octets += data.length; });
  socket.on('end', () => { console.log(octets); process.exit(); });`;

for (const workers of [1, 2]) {
  test(`UDP and TCP of kernel sockets cross, also while an access is cut, workers: ${workers}`, {
    skip,
  }, async (context) => {
    const scene = await startTunScene(context, 'active-standby', workers);
    const { network, traffic, ue, dn } = scene;
    assert.equal(await dn.run(SERVE), 'ready');
    assert.equal(await ue.run(ASK_UDP), 'hello');
    const [connection] = await traffic.userPlane.connections();
    const download = ue.run(DOWNLOAD);
    const before = traffic.tun?.counters.packetsWritten ?? 0;
    while ((traffic.tun?.counters.packetsWritten ?? 0) < before + 300) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    connection?.connection.cut('3gpp');
    assert.equal(await download, '2000000');
    const [report] = (await network.upf.plane.report()).userTraffic;
    const paths = new Map(report?.paths.map((path) => [path.access, path.bytesSent]));
    assert.ok((paths.get('non-3gpp') ?? 0) > 500_000, 'the rest went over the other access');
    assert.ok((report?.ip?.uplinkPackets ?? 0) > 100 && (report?.ip?.downlinkPackets ?? 0) > 1_500);
  });
}

test('ICMP echo of a server behind the UPF, TTL, and a source that is not the UE', {
  skip,
}, async (context) => {
  const { network, traffic } = await startTunScene(context, 'smallest-delay');
  const packets: Uint8Array[] = [];
  const link = await traffic.userPlane.openPacketLink({
    receive: (packet) => packets.push(packet),
    ended: () => undefined,
  });
  const arrived = async (): Promise<Uint8Array> => {
    while (packets.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    return packets.shift() as Uint8Array;
  };
  const echo = Uint8Array.of(8, 0, 0xf7, 0xfd, 0, 1, 0, 1);
  const ping = (source: Uint8Array, to: string, ttl = 64): Uint8Array =>
    buildIpPacket(source, parseIp(to), IpProtocol.icmp, echo, ttl);
  assert.equal(link.forward(ping(link.address, SERVER)), undefined);
  const reply = await arrived();
  assert.equal(reply[20], 0, 'echo reply');
  assert.deepEqual([...reply.subarray(12, 16)], [198, 18, 80, 1]);
  // The UPF's own address answers too.
  link.forward(ping(link.address, '10.60.255.254'));
  assert.deepEqual([...(await arrived()).subarray(12, 16)], [10, 60, 255, 254]);
  // RFC 9484 §7.2: the hop limit falls on encapsulation.
  assert.equal(link.forward(ping(link.address, SERVER, 1))?.[20], 11, 'time exceeded');
  // BCP 38
  link.forward(ping(parseIp('10.60.0.99'), SERVER));
  // The policy of the UPF holds for packets as well.
  link.forward(ping(link.address, '127.0.0.1'));
  assert.deepEqual([...(await arrived()).subarray(20, 22)], [3, 13], 'prohibited');
  assert.equal(network.upf.router?.counters.packetsWritten, 1);
  const [report] = network.upf.userPlane?.reports() ?? [];
  assert.equal(report?.ip?.drops.source_policy, 1);
});

test('where there is no TUN device, the reason is said', () => {
  if (skip !== false) assert.ok(skip.length > 10, skip);
  else assert.equal(namespacesUnavailable(), undefined);
});
