/** ATSSS and N4 rules for some traffic steer both directions of it, apart from all other. TS 23.501 §5.32.8 */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { type TestContext, test } from 'node:test';
import type { UserPlaneReport } from '@mpquic/upf-proxy';
import { Application, forwardPort, startScene } from './traffic-scene.ts';

/** A UDP echo service of the data network. */
async function echo(context: TestContext): Promise<number> {
  const socket = createSocket('udp4');
  socket.on('message', (payload, { address, port }) => socket.send(payload, port, address));
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  context.after(() => socket.close());
  return socket.address().port;
}

function octets(report: UserPlaneReport | undefined, direction: 'bytesSent' | 'bytesReceived') {
  const of = (access: string): number =>
    report?.paths.find((path) => path.access === access)?.[direction] ?? 0;
  return { first: of('3gpp'), second: of('non-3gpp') };
}

const PAYLOAD = new Uint8Array(1_000);

test('each flow by its own rule: QoS flow, steering and transport mode, up and down', async (context) => {
  const standby = await echo(context);
  const redundant = await echo(context);
  const streamed = await echo(context);
  const { network, traffic } = await startScene(context, {
    ports: [standby, redundant, streamed],
    core: {
      trafficRules: [
        { port: `${standby}`, steering: 'active-standby' },
        { port: `${redundant}`, steering: 'redundant', transport: 'datagram-1', qfi: 7 },
        { address: '127.0.0.0/8', port: `${streamed}-${streamed}`, transport: 'stream' },
      ],
    },
  });
  const run = async (forward: number): Promise<void> => {
    const application = new Application(context, forwardPort(traffic, forward));
    await application.keepSending(PAYLOAD, 100);
  };
  const userPlane = network.upf.userPlane ?? assert.fail('no user plane in this thread');
  await run(3);
  const [first] = userPlane.reports();
  for (const direction of ['bytesSent', 'bytesReceived'] as const) {
    const used = octets(first, direction);
    assert.ok(used.first > 90_000 && used.second < 30_000, `${direction} ${JSON.stringify(used)}`);
  }
  // Another QoS flow has another connection. TS 23.501 §5.32.6.2.2
  await run(4);
  assert.equal(userPlane.size, 2);
  const second = userPlane.reports()[1];
  for (const direction of ['bytesSent', 'bytesReceived'] as const) {
    const used = octets(second, direction);
    // Most of it twice: a machine under load makes one path wait for a while.
    assert.ok(Math.min(used.first, used.second) > 60_000, `${direction} ${JSON.stringify(used)}`);
  }
  // Stream mode has one too, and no datagrams.
  await run(5);
  assert.equal(userPlane.size, 3);
  const connections = await traffic.userPlane.connections();
  const sent = connections.map(({ connection }) => connection.quic.stats.datagramsSent);
  const received = connections.map(({ connection }) => connection.quic.stats.datagramsReceived);
  assert.deepEqual([sent[2], received[2]], [0n, 0n]);
  assert.ok((sent[0] ?? 0n) >= 100n && (received[0] ?? 0n) >= 100n);
  const reports = await traffic.userPlane.reports();
  assert.deepEqual(
    reports.map(({ qfi }) => qfi),
    [1, 7, 1],
  );
  for (const { paths } of reports) {
    assert.ok(paths.length === 2 && paths.every(({ rttMs }) => rttMs > 0 && rttMs < 60_000));
  }
});

test('a rule for a name, ahead of one for all traffic', async (context) => {
  const { network, data, traffic } = await startScene(context, {
    core: { trafficRules: [{ fqdn: 'LocalHost', steering: 'redundant', transport: 'datagram-1' }] },
    ue: { forward: [] },
  });
  const received: Uint8Array[] = [];
  const flow = await traffic.userPlane.openFlow(
    { host: 'localhost', port: data.echoes[0]?.address.port ?? 0 },
    { receive: (payload) => received.push(payload), ended: () => undefined },
  );
  while (received.length < 50) {
    flow.send(PAYLOAD);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const [report] = network.upf.userPlane?.reports() ?? [];
  for (const direction of ['bytesSent', 'bytesReceived'] as const) {
    const used = octets(report, direction);
    assert.ok(Math.min(used.first, used.second) > 45_000, `${direction} ${JSON.stringify(used)}`);
  }
});

test('the network steers open flows anew in both directions', async (context) => {
  const { network, traffic } = await startScene(context, { steering: 'active-standby' });
  const application = new Application(context, forwardPort(traffic, 0));
  await application.keepSending(PAYLOAD, 50);
  const before = network.upf.userPlane?.reports()[0];
  assert.ok(octets(before, 'bytesSent').second < 20_000);
  const path = '/x-testbed-nsmf-control/v1/sessions/imsi-001010123456789/5/steer';
  const body = { steeringMode: 'redundant' };
  await network.core.sbi.call('smf', { method: 'POST', path, body });
  application.received.length = 0;
  await application.keepSending(PAYLOAD, 50);
  const after = network.upf.userPlane?.reports()[0];
  for (const direction of ['bytesSent', 'bytesReceived'] as const) {
    const grown = octets(after, direction).second - octets(before, direction).second;
    assert.ok(grown > 20_000, `${direction} over the second access: ${grown}`);
  }
});
