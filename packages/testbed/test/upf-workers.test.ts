/** A UPF with several worker threads: N4 in one place, every connection at one worker, PSKs at none for longer than a handshake. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { connect, type QuicSession } from '@mpquic/endpoint';
import { nativeStatus } from '@mpquic/native';
import { silentLogger } from '@mpquic/service';
import type { ExternalPsk } from '@mpquic/tls';
import { formatAddress, fromHex, utf8 } from '@mpquic/wire';
import { type Network, pskStates, startNetwork, tell } from './small-network.ts';
import { Application, forwardPort, startScene } from './traffic-scene.ts';

const needsAddon = { skip: nativeStatus.available ? false : nativeStatus.reason };
const TWO = { workers: 2 };
const UNKNOWN: ExternalPsk = {
  identity: utf8('nobody'),
  key: new Uint8Array(32).fill(1),
  hash: 'sha256',
  mode: 'raw',
};

/** The PSK of the network's only session, as the UE has it. */
function pskOf({ events }: Network): ExternalPsk {
  const installed = events.events.find((event) => event.type === 'psk' && event.holder === 'upf');
  const key = events.events.findLast((event) => event.type === 'key' && event.name === 'PSK');
  assert.ok(installed?.type === 'psk' && key?.type === 'key');
  return { identity: installed.kid, key: key.value, hash: 'sha256', mode: 'raw' };
}

async function connectTo({ upf }: Network, psk: ExternalPsk): Promise<QuicSession> {
  const address = formatAddress(upf.proxies.access3gpp);
  const session = await connect(address, { alpn: 'hq-interop', psk, local: '127.0.0.1' });
  session.onerror = () => undefined;
  await session.confirmed;
  return session;
}

/** Connections that each worker has. */
async function connectionsOf({ upf }: Network): Promise<readonly number[]> {
  const workers = upf.workers?.workers ?? assert.fail('no workers');
  const reports = await Promise.all(workers.map((worker) => worker.report()));
  return reports.map((report) => report?.connections ?? 0);
}

/** Connects until every worker has at least one more. */
async function connectToAll(network: Network, psk: ExternalPsk): Promise<QuicSession[]> {
  const before = await connectionsOf(network);
  const sessions: QuicSession[] = [];
  for (;;) {
    const now = await connectionsOf(network);
    if (now.every((count, i) => count > (before[i] ?? 0))) return sessions;
    assert.ok(sessions.length < 100, 'a worker is left out');
    sessions.push(await connectTo(network, psk));
  }
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}

async function assertRefused(network: Network, psk: ExternalPsk): Promise<void> {
  await assert.rejects(connectTo(network, psk), { errorCode: 0x133n });
}

/** As many attempts as make it unlikely that one of two workers gets none. */
const ATTEMPTS = 12;

for (const [solution, upf] of [
  ['4', {}],
  ['3', { unknownKid: 'hold', holdMs: 3000 }],
  ['6', { requestPsk: true }],
] as const) {
  test(`the story of solution ${solution} with two workers`, needsAddon, async () => {
    const network = await startNetwork({ solution }, { ...TWO, ...upf });
    try {
      const report = await tell(network);
      assert.equal(report.transfer?.bytes, 300_000);
      assert.ok(report.transfer?.cut !== undefined, '3GPP access was cut');
      assert.ok(report.paths.every(({ bytesReceived }) => bytesReceived > 0));
      assert.equal(report.afterRelease?.accepted, false);
      assert.match(report.afterRelease?.detail ?? '', /0x133/);
      assert.deepEqual(pskStates(network.events, 'upf'), ['installed', 'in_use', 'deleted']);
      const paths = network.events.events.filter(
        (event) => event.type === 'path' && event.holder === 'upf' && event.state === 'active',
      );
      assert.ok(paths.length >= 1, 'workers tell what happens to paths');
    } finally {
      await network.lifecycle.stop();
    }
  });
}

test('a PSK is good at every worker until its session is released, then at none', needsAddon, async (context) => {
  const { network } = await startScene(context, { upf: TWO });
  const psk = pskOf(network);
  const sessions = await connectToAll(network, psk);
  await assertRefused(network, UNKNOWN);
  await assertRefused(network, { ...psk, key: UNKNOWN.key });
  network.upf.sessions.releaseAll('a test');
  await Promise.all(sessions.map(({ closed }) => closed.catch(() => undefined)));
  for (const { closeReason } of sessions) assert.equal(closeReason?.by, 'peer');
  for (let i = 0; i < ATTEMPTS; i++) await assertRefused(network, psk);
  await until(async () => (await connectionsOf(network)).every((count) => count === 0));
});

for (const [what, rules] of [
  ['CONNECT-UDP', []],
  ['CONNECT-IP', [{ functionality: 'mpquic-ip', transport: 'datagram-1' }]],
] as const) {
  test(`${what} with two workers: rules of the session, both accesses, new rules`, needsAddon, async (context) => {
    const { network, traffic } = await startScene(context, {
      steering: 'active-standby',
      core: { trafficRules: rules },
      upf: TWO,
    });
    const application = new Application(context, forwardPort(traffic, 0));
    await application.keepSending(new Uint8Array(1000), 50);
    const [before, ...others] = (await network.upf.plane.report()).userTraffic;
    assert.deepEqual(others, []);
    assert.ok(before);
    assert.equal(before.ueAddress, '10.60.0.1');
    assert.equal(before.steering, 'activeStandby');
    assert.equal(before.paths.length, 2, 'both paths are at one worker');
    assert.equal(what === 'CONNECT-UDP' ? before.udp.accepted : before.ip?.accepted, 1);
    const sentBefore = before.paths.find(({ access }) => access === 'non-3gpp')?.bytesSent ?? 0;
    const path = '/x-testbed-nsmf-control/v1/sessions/imsi-001010123456789/5/steer';
    const body = { steeringMode: 'redundant' };
    await network.core.sbi.call('smf', { method: 'POST', path, body });
    application.received.length = 0;
    await application.keepSending(new Uint8Array(1000), 50);
    const [after] = (await network.upf.plane.report()).userTraffic;
    assert.equal(after?.steering, 'redundant');
    const sentAfter = after.paths.find(({ access }) => access === 'non-3gpp')?.bytesSent ?? 0;
    assert.ok(sentAfter - sentBefore > 20_000, 'the new rule reached the worker');
    assert.match(await network.upf.metrics.registry.metrics(), /mpq_quic_sessions\{[^}]*\} 1\n/);
  });
}

test('a worker that dies takes its connections with it, no others, and is replaced', needsAddon, async (context) => {
  const { network } = await startScene(context, { upf: TWO });
  const psk = pskOf(network);
  const sessions = await connectToAll(network, psk);
  const [first, second] = await connectionsOf(network);
  const [dying] = network.upf.workers?.workers ?? [];
  dying?.terminate();
  await until(() => network.upf.workers?.workers[0] !== dying);
  await network.upf.workers?.workers[0]?.ready;
  assert.deepEqual(await connectionsOf(network), [0, second]);
  // Who sends to the dead one gets a stateless reset of the new one; the others do not notice.
  for (const session of sessions) session.ping();
  await until(() => sessions.filter(({ destroyed }) => destroyed).length >= (first ?? 0) - 1);
  const living = sessions.filter(({ destroyed }) => !destroyed);
  assert.ok(living.length >= (second ?? 0) - 1);
  for (const session of living) {
    const stream = await session.createBidirectionalStream({ body: 'GET /1000\r\n' });
    let octets = 0;
    for await (const chunks of stream) for (const chunk of chunks) octets += chunk.length;
    assert.equal(octets, 1000);
  }
  const more = await connectToAll(network, psk);
  assert.match(await network.upf.metrics.registry.metrics(), /mpq_workers_replaced_total\{[^}]*\} 1\n/);
  for (const session of [...living, ...more]) session.destroy();
});

test('a UPF with workers stops in order: clients are told, threads are gone', needsAddon, async () => {
  const network = await startNetwork({}, {
    ...TWO,
    provisionedPsks: [{ variant: 'per-ue', kid: 'aa01', key: '07'.repeat(32) }],
  });
  const psk = { ...UNKNOWN, identity: fromHex('aa01'), key: fromHex('07'.repeat(32)) };
  const sessions = await connectToAll(network, psk);
  const closed = sessions.map((session) => session.closed.catch(() => undefined));
  await network.lifecycle.stop();
  await Promise.all(closed);
  for (const { closeReason } of sessions) assert.equal(closeReason?.reason, 'the UPF stops');
  assert.deepEqual(await connectionsOf(network), [0, 0]);
});

test('what workers cannot do is refused at the start, with one line', async () => {
  assert.ok(silentLogger());
  await assert.rejects(startNetwork({}, { workers: 0 }), /workers/);
  await assert.rejects(startNetwork({}, { workers: 65 }), /workers/);
});
