/** What may go wrong while applications talk: accesses, core, UPF and targets that fail and come back. */
import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { utf8 } from '@mpquic/wire';
import { RoleProcess } from '../src/story/role-process.ts';
import { freeTcpPort, freeUdpPort } from './free-port.ts';
import { createAgent, startCoreFor, UPF_ID } from './small-network.ts';
import { Application, forwardPort, impair, type Scene, startScene } from './traffic-scene.ts';

const BLACKHOLE = { blackhole: true } as const;
const CLEAR = { blackhole: false } as const;

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 20_000;
  while (!(await condition())) {
    if (performance.now() > end) assert.fail(`not so after 20 s: ${condition.toString()}`);
    await pause(10);
  }
}

/** A UDP port of the data network on loopback. */
async function target(context: TestContext, port = 0): Promise<Socket> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(port, '127.0.0.1', resolve));
  context.after(() => {
    try {
      socket.close();
    } catch {
      // The test closed it.
    }
  });
  return socket;
}

function echoBack(socket: Socket): void {
  socket.on('message', (payload, { address, port }) => socket.send(payload, port, address));
}

/** The first connection of the UE. */
async function connectionOf({ traffic }: Scene) {
  const [connection] = await traffic.userPlane.connections();
  return connection ?? assert.fail('no connection');
}

/** Octets that the UPF received over each access, of the first connection. */
function received({ network }: Scene): { readonly first: number; readonly second: number } {
  const [report] = network.upf.userPlane?.reports() ?? [];
  const of = (access: string): number =>
    report?.paths.find((path) => path.access === access)?.bytesReceived ?? 0;
  return { first: of('3gpp'), second: of('non-3gpp') };
}

const PAYLOAD = new Uint8Array(1_000);

test('an access is lost and returns: traffic leaves it and comes back', async (context) => {
  const scene = await startScene(context, { steering: 'active-standby', relays: true });
  const application = new Application(context, forwardPort(scene.traffic, 0));
  await application.keepSending(PAYLOAD, 20);
  const connection = await connectionOf(scene);
  // The standby was announced. MP-21 §3.3
  const [session] = connection.connection.quic.paths;
  assert.equal(session?.localStatus ?? 'available', 'available');
  assert.equal(connection.connection.quic.paths[1]?.localStatus, 'backup');
  impair(scene.relays[0], BLACKHOLE);
  const before = received(scene);
  await until(() => {
    application.send(PAYLOAD);
    return received(scene).second - before.second > 45_000;
  });
  const away = received(scene);
  impair(scene.relays[0], CLEAR);
  const suspects = (): number =>
    connection.connection.quic.paths.filter(({ suspect }) => suspect).length;
  await until(() => suspects() === 0);
  await until(() => {
    application.send(PAYLOAD);
    return received(scene).first - away.first > 60_000;
  });
  assert.equal(await connectionOf(scene), connection, 'the connection is the same');
});

test('both accesses are down for less than the idle timeout: the connection goes on', async (context) => {
  const scene = await startScene(context, { relays: true, ue: { idleMs: 20_000 } });
  const application = new Application(context, forwardPort(scene.traffic, 0));
  await application.keepSending(PAYLOAD, 20);
  const connection = await connectionOf(scene);
  for (const relay of scene.relays) impair(relay, BLACKHOLE);
  const timer = setInterval(() => application.send(PAYLOAD), 20);
  await pause(700);
  application.received.length = 0;
  for (const relay of scene.relays) impair(relay, CLEAR);
  await application.until(20);
  clearInterval(timer);
  assert.equal(await connectionOf(scene), connection);
});

test('both accesses are down for longer: a new handshake over the first that is back', async (context) => {
  const scene = await startScene(context, { relays: true, ue: { idleMs: 400, guardMs: 2_000 } });
  const application = new Application(context, forwardPort(scene.traffic, 0));
  await application.keepSending(PAYLOAD, 20);
  const connection = await connectionOf(scene);
  for (const relay of scene.relays) impair(relay, BLACKHOLE);
  const timer = setInterval(() => application.send(PAYLOAD), 20);
  context.after(() => clearInterval(timer));
  await connection.ended;
  application.received.length = 0;
  // The preferred access stays away: the handshake runs over the other one.
  impair(scene.relays[1], CLEAR);
  await application.until(20);
  const renewed = await connectionOf(scene);
  assert.notEqual(renewed, connection);
  assert.equal(renewed.report().paths.find(({ id }) => id === 0)?.access, 'non-3gpp');
  impair(scene.relays[0], CLEAR);
  // On a busy machine 400 ms may pass without a packet, and the connection is yet another one.
  await until(async () => {
    const [now] = await scene.traffic.userPlane.connections();
    return now?.report().paths.some((path) => path.access === '3gpp') ?? false;
  });
});

const LONG = process.env['MPQUIC_FAULTS'] === '1' ? false : 'takes 40 s: npm run test:faults';

for (const idleMs of [60_000, 30_000]) {
  const what = idleMs > 30_000 ? 'the connection goes on' : 'a new handshake';
  const name = `both accesses are down for 30 s, idle timeout ${idleMs / 1_000} s: ${what}`;
  test(name, { skip: LONG }, async (context) => {
    const limits = { relays: true, ue: { idleMs } };
    const scene = await startScene(context, limits);
    const application = new Application(context, forwardPort(scene.traffic, 0));
    await application.keepSending(PAYLOAD, 20);
    const connection = await connectionOf(scene);
    for (const relay of scene.relays) impair(relay, BLACKHOLE);
    const timer = setInterval(() => application.send(PAYLOAD), 100);
    await pause(31_000);
    application.received.length = 0;
    for (const relay of scene.relays) impair(relay, CLEAR);
    const cleared = performance.now();
    await application.until(1);
    context.diagnostic(`resumed ${Math.round(performance.now() - cleared)} ms after the accesses`);
    await application.until(20);
    clearInterval(timer);
    assert.equal((await connectionOf(scene)) === connection, idleMs > 31_000);
  });
}

test('the MTU of one access shrinks: nothing gets stuck, payloads that fit nowhere are dropped', async (context) => {
  const scene = await startScene(context, { steering: 'load-balancing', relays: true });
  const application = new Application(context, forwardPort(scene.traffic, 0));
  const connection = await connectionAfter(scene, application);
  const { quic } = connection.connection;
  const large = new Uint8Array(1_280);
  await until(() => {
    application.send(large);
    return application.received.some(({ length }) => length === large.length);
  });
  impair(scene.relays[1], { mtu: 1_252 });
  application.received.length = 0;
  await application.keepSending(PAYLOAD, 300);
  assert.equal(await connectionOf(scene), connection);
  assert.ok(quic.paths.every(({ state }) => state === 'active'));
  const { first, second } = received(scene);
  assert.ok(Math.min(first, second) > 50_000, `both carry: ${first} and ${second}`);
});

async function connectionAfter(scene: Scene, application: Application) {
  await application.keepSending(PAYLOAD, 20);
  return connectionOf(scene);
}

test('the core restarts while traffic flows: traffic goes on, and a lost connection finds the new core', async (context) => {
  const scene = await startScene(context, { core: { releaseOnStop: false } });
  const { network, traffic } = scene;
  const application = new Application(context, forwardPort(traffic, 0));
  await application.keepSending(PAYLOAD, 20);
  const connection = await connectionOf(scene);
  const timer = setInterval(() => application.send(PAYLOAD), 5);
  const goesOn = async (): Promise<void> => {
    application.received.length = 0;
    await application.until(50);
    assert.equal(await connectionOf(scene), connection);
  };
  await network.stopCore();
  // No PSK is left, so that nobody can connect anew; what is connected needs none.
  assert.equal(network.upf.registry.size, 0);
  await goesOn();
  await network.startCore();
  await goesOn();
  // Another flow finds its way on the connection that is there.
  const second = new Application(context, forwardPort(traffic, 0));
  await second.keepSending(PAYLOAD, 5);
  // Now the connection is lost: the old PSK is refused, so the UE registers anew and asks for another session.
  await until(() => network.core.ready());
  connection.connection.destroy();
  await connection.ended;
  application.received.length = 0;
  await application.until(20);
  clearInterval(timer);
  assert.equal(network.upf.registry.size, 1);
});

test('the UPF is killed and starts again: a stateless reset, a new session, and the flow resumes', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'mpquic-upf-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const echo = await target(context);
  echoBack(echo);
  const ports = await Promise.all([freeUdpPort(), freeUdpPort(), freeUdpPort()]);
  const [n4, access3gpp, accessNon3gpp] = ports.map((port) => `127.0.0.1:${port}`);
  const metrics = `127.0.0.1:${await freeTcpPort()}`;
  const upf = {
    role: 'upf-proxy',
    folder,
    observability: `http://${metrics}`,
    settings: {
      nodeId: UPF_ID,
      n4,
      access3gpp,
      accessNon3gpp,
      metrics,
      allowTargets: [`127.0.0.1:${echo.address().port}`],
      statelessResetKey: '2a'.repeat(32),
    },
  } as const;
  let life = await RoleProcess.start(upf);
  context.after(() => life.stop());
  const timers = { heartbeatMs: 100, pfcpT1Ms: 100, pfcpN1: 3 };
  const { core, events, lifecycle } = await startCoreFor(`${n4}`, timers);
  context.after(() => lifecycle.stop());
  await until(() => core.ready());
  const agent = createAgent(
    { core, events },
    { story: 'traffic', forward: [`udp/0=127.0.0.1:${echo.address().port}`], guardMs: 3_000 },
  );
  context.after(() => agent.stop());
  await agent.tell();
  const traffic = agent.traffic ?? assert.fail('no traffic');
  const application = new Application(context, forwardPort(traffic, 0));
  await application.keepSending(PAYLOAD, 20);
  const [connection] = await traffic.userPlane.connections();
  assert.ok(connection);
  const timer = setInterval(() => application.send(PAYLOAD), 10);
  context.after(() => clearInterval(timer));
  life.signal('SIGKILL');
  await life.exited;
  life = await RoleProcess.start(upf);
  await assert.rejects(connection.connection.quic.closed, { code: 'ERR_QUIC_STATELESS_RESET' });
  application.received.length = 0;
  await application.until(20);
  const [renewed] = await traffic.userPlane.connections();
  assert.notEqual(renewed, connection);
});

test('a target refuses, vanishes and comes back: its flow ends and is opened again, others go on', async (context) => {
  const first = await target(context);
  const { port } = first.address();
  first.close();
  const scene = await startScene(context, { ports: [port] });
  const { network, traffic } = scene;
  const other = new Application(context, forwardPort(traffic, 0));
  await other.keepSending(PAYLOAD, 5);
  const application = new Application(context, forwardPort(traffic, 3));
  const timer = setInterval(() => application.send(utf8('hello')), 20);
  context.after(() => clearInterval(timer));
  // ICMP tells that nobody listens: the tunnel ends. RFC 9298 §3.1
  const tunnels = (): number => network.upf.userPlane?.reports()[0]?.udp.accepted ?? 0;
  await until(() => tunnels() >= 3);
  const again = await target(context, port);
  echoBack(again);
  await application.until(5);
  again.close();
  const before = tunnels();
  await until(() => tunnels() > before);
  echoBack(await target(context, port));
  application.received.length = 0;
  await application.until(5);
  other.received.length = 0;
  await other.keepSending(PAYLOAD, 5);
  assert.equal(network.upf.userPlane?.size, 1, 'on one connection all the time');
});

test('a target floods: what is too much is dropped, and other flows are served', async (context) => {
  const flood = await target(context);
  const scene = await startScene(context, { ports: [flood.address().port] });
  const { network, traffic } = scene;
  let victim: { readonly port: number; readonly address: string } | undefined;
  flood.once('message', (_, { address, port }) => {
    victim = { address, port };
  });
  const application = new Application(context, forwardPort(traffic, 3));
  application.send(utf8('hello'));
  await until(() => victim !== undefined);
  const { address, port } = victim ?? assert.fail('no victim');
  const timer = setInterval(() => {
    for (let i = 0; i < 400; i++) flood.send(PAYLOAD, port, address);
  }, 1);
  const other = new Application(context, forwardPort(traffic, 0));
  await other.keepSending(utf8('hello?'), 50);
  clearInterval(timer);
  assert.ok(application.received.length > 100);
  assert.equal(network.upf.userPlane?.size, 1);
});

for (const transport of ['datagram-2', 'stream'] as const) {
  test(`UDP datagrams as long as they can be, ${transport}`, async (context) => {
    const echo = await target(context);
    echoBack(echo);
    const { port } = echo.address();
    const scene = await startScene(context, {
      ports: [port],
      core: { trafficRules: [{ port: `${port}`, transport }] },
    });
    const application = new Application(context, forwardPort(scene.traffic, 3));
    // 65,535 octets less the headers of IPv4 and UDP.
    const longest = new Uint8Array(65_507).fill(3);
    if (transport === 'stream') {
      await until(() => {
        application.send(longest);
        return application.received.length > 0;
      });
      assert.deepEqual(application.received[0], longest);
    } else {
      // No QUIC datagram takes it, and nothing is cut. RFC 9298 §5
      for (let i = 0; i < 10; i++) application.send(longest);
      await application.keepSending(PAYLOAD, 10);
      assert.ok(application.received.every(({ length }) => length === PAYLOAD.length));
      assert.ok((scene.traffic.forwards[3]?.flows.dropped ?? 0) >= 1);
    }
  });
}
