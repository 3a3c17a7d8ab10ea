/** A UPF with several worker threads: N4 in one place, every connection at one worker, PSKs at none for longer than a handshake. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect, type QuicSession } from '@mpquic/endpoint';
import { nativeStatus } from '@mpquic/native';
import type { ExternalPsk } from '@mpquic/tls';
import type { UserPlaneReport } from '@mpquic/upf-proxy';
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

const PROVISIONED = { variant: 'per-ue', kid: 'aa01', key: '07'.repeat(32) } as const;
const PROVISIONED_PSK: ExternalPsk = {
  ...UNKNOWN,
  identity: fromHex(PROVISIONED.kid),
  key: fromHex(PROVISIONED.key),
};

/** The PSK of the network's only session, as the UE has it. */
function pskOf({ events }: Network): ExternalPsk {
  const installed = events.events.find((event) => event.type === 'psk' && event.holder === 'upf');
  // Solution #4 names it so.
  const key = events.events.findLast((event) => event.type === 'key' && event.name === 'K_UPF');
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

function sentOver(report: UserPlaneReport | undefined, wanted: '3gpp' | 'non-3gpp'): number {
  return report?.paths.find(({ access }) => access === wanted)?.bytesSent ?? 0;
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}

async function assertRefused(network: Network, psk: ExternalPsk): Promise<void> {
  await assert.rejects(connectTo(network, psk), { errorCode: 0x133n });
}

/** As many attempts as make it unlikely that one of two workers gets none. */
const ATTEMPTS = 12;

test('the story with two workers', needsAddon, async () => {
  const network = await startNetwork({ solution: '4' }, TWO);
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

test(
  'CONNECT-UDP over both accesses at one worker; new rules and the release of the PSK reach all',
  needsAddon,
  async (context) => {
    const { network, traffic } = await startScene(context, {
      steering: 'active-standby',
      upf: TWO,
    });
    const application = new Application(context, forwardPort(traffic, 0));
    await application.keepSending(new Uint8Array(1000), 50);
    const [before, ...others] = (await network.upf.plane.report()).userTraffic;
    assert.deepEqual(others, []);
    assert.ok(before);
    assert.equal(before.ueAddress, '10.60.0.1');
    assert.equal(before.steering, 'activeStandby');
    assert.equal(before.paths.length, 2);
    assert.ok(sentOver(before, 'non-3gpp') < 20_000);
    assert.match(await network.upf.metrics.registry.metrics(), /mpq_quic_sessions\{[^}]*\} 1\n/);
    const path = '/x-testbed-nsmf-control/v1/sessions/imsi-001010123456789/5/steer';
    const body = { steeringMode: 'redundant' };
    await network.core.sbi.call('smf', { method: 'POST', path, body });
    const sending = setInterval(() => application.send(new Uint8Array(1000)), 2);
    context.after(() => clearInterval(sending));
    await until(async () => {
      const [now] = (await network.upf.plane.report()).userTraffic;
      return now !== undefined && sentOver(now, 'non-3gpp') > 50_000;
    });
    clearInterval(sending);
    const [after] = (await network.upf.plane.report()).userTraffic;
    assert.equal(after?.steering, 'redundant');
    await assertReleasedEverywhere(network);
  },
);

/** A PSK is good at every worker until its session is released, then at none. */
async function assertReleasedEverywhere(network: Network): Promise<void> {
  const psk = pskOf(network);
  const sessions = await connectToAll(network, psk);
  await assertRefused(network, UNKNOWN);
  await assertRefused(network, { ...psk, key: UNKNOWN.key });
  network.upf.sessions.releaseAll('a test');
  await Promise.all(sessions.map(({ closed }) => closed.catch(() => undefined)));
  for (const { closeReason } of sessions) assert.equal(closeReason?.by, 'peer');
  await Promise.all(Array.from({ length: ATTEMPTS }, () => assertRefused(network, psk)));
}

test(
  'CONNECT-IP with two workers: by the rule of its flow, over both accesses',
  needsAddon,
  async (context) => {
    const { network, traffic } = await startScene(context, {
      steering: 'active-standby',
      core: {
        trafficRules: [
          { functionality: 'mpquic-ip', transport: 'datagram-1', steering: 'redundant' },
        ],
      },
      upf: TWO,
    });
    const application = new Application(context, forwardPort(traffic, 0));
    const reportNow = async () => (await network.upf.plane.report()).userTraffic[0];
    let report = await reportNow();
    // What left before the second access was there went over the first alone.
    for (let round = 0; round < 20 && sentOver(report, 'non-3gpp') <= 60_000; round++) {
      application.received.length = 0;
      await application.keepSending(new Uint8Array(1000), 100);
      report = await reportNow();
    }
    assert.equal(report?.steering, 'activeStandby', 'of what no rule names');
    assert.equal(report.ip?.accepted, 1);
    assert.equal(report.ueAddress, '10.60.0.1');
    for (const access of ['3gpp', 'non-3gpp'] as const) {
      assert.ok(sentOver(report, access) > 60_000, `${access}: ${sentOver(report, access)}`);
    }
  },
);

test(
  'a worker that dies takes its connections with it, no others; then all stop in order',
  needsAddon,
  async () => {
    const network = await startNetwork({}, { ...TWO, provisionedPsks: [PROVISIONED] });
    const sessions = await connectToAll(network, PROVISIONED_PSK);
    const [first, second] = await connectionsOf(network);
    const [dying] = network.upf.workers?.workers ?? [];
    dying?.terminate();
    await until(() => network.upf.workers?.workers[0] !== dying);
    await network.upf.workers?.workers[0]?.ready;
    assert.deepEqual(await connectionsOf(network), [0, second]);
    // Who sends to the dead one gets a stateless reset of the new one; the others do not notice.
    for (const session of sessions) session.ping();
    await until(() => sessions.filter(({ destroyed }) => destroyed).length === first);
    const living = sessions.filter(({ destroyed }) => !destroyed);
    assert.equal(living.length, second);
    for (const session of living) {
      const stream = await session.createBidirectionalStream({ body: 'GET /1000\r\n' });
      let octets = 0;
      for await (const chunks of stream) for (const chunk of chunks) octets += chunk.length;
      assert.equal(octets, 1000);
    }
    const more = await connectToAll(network, PROVISIONED_PSK);
    const metrics = await network.upf.metrics.registry.metrics();
    assert.match(metrics, /mpq_workers_replaced_total\{[^}]*\} 1\n/);
    const open = [...living, ...more];
    const closed = open.map((session) => session.closed.catch(() => undefined));
    await network.lifecycle.stop();
    await Promise.all(closed);
    for (const { closeReason } of open) assert.equal(closeReason?.reason, 'the UPF stops');
    assert.deepEqual(await connectionsOf(network), [0, 0]);
  },
);

test('what workers cannot do is refused at the start, with one line', async () => {
  await assert.rejects(startNetwork({}, { workers: 0 }), /workers/);
  await assert.rejects(startNetwork({}, { workers: 65 }), /workers/);
});
