/** Unchanged applications over CONNECT-IP: kernel interfaces at the UE and at the UPF, each in a namespace of its own. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { buildIpPacket, IpProtocol } from '@mpquic/http3';
import { NetworkNamespace, namespacesUnavailable } from '@mpquic/interop';
import { parseIp } from '@mpquic/wire';
import { type Scene, startScene } from './traffic-scene.ts';

const skip = namespacesUnavailable() ?? false;

const SERVER = '198.18.80.1';
/** A namespace lasts no longer, whatever becomes of this process. */
const LONGEST_SECONDS = 120;

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
  const [ue, dn] = [await makeNamespace(context), await makeNamespace(context)];
  ue.take(tun.name, '10.60.0.1/32');
  ue.execute('ip', ['route', 'add', '198.18.80.0/24', 'dev', tun.name]);
  dn.take(router.name, '10.60.255.254/16');
  dn.execute('ip', ['address', 'add', `${SERVER}/32`, 'dev', 'lo']);
  return { ...scene, ue, dn };
}

async function makeNamespace(context: TestContext): Promise<NetworkNamespace> {
  const namespace = await NetworkNamespace.make(LONGEST_SECONDS);
  context.after(() => namespace.end());
  return namespace;
}

/** Runs a JavaScript program in a namespace until the test ends; settles with its first octets of output. */
async function run(context: TestContext, into: NetworkNamespace, program: string): Promise<string> {
  const [command, ...words] = into.enter(process.execPath, ['-e', program]);
  const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  context.after(() => child.kill('SIGKILL'));
  const [data] = await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(([status]) => {
      throw new Error(`a program in a namespace ended with ${status}`);
    }),
  ]);
  return String(data).trim();
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
    assert.equal(await run(context, dn, SERVE), 'ready');
    assert.equal(await run(context, ue, ASK_UDP), 'hello');
    const [connection] = await traffic.userPlane.connections();
    const download = run(context, ue, DOWNLOAD);
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
