import assert from 'node:assert/strict';
import { connect as connectHttp2 } from 'node:http2';
import { connect, createServer } from 'node:net';
import { test } from 'node:test';
import { noEvents } from '@mpquic/service';
import { fromHex, utf8 } from '@mpquic/wire';
import { N1Listener } from '../src/amf/n1-listener.ts';
import type { NasTransport } from '../src/amf/nas-connection.ts';
import { decodeContent } from '../src/sbi/content.ts';
import { SbiNetwork } from '../src/sbi/network.ts';
import { SbiProblem } from '../src/sbi/problem.ts';
import { SUBSCRIBER, startFixture, until } from './core-fixture.ts';
import { RawUe } from './raw-ue.ts';

const ANY = { host: '127.0.0.1', port: 0 };

test('an AMF serves 32 messages of one UE at once, and drops more', async () => {
  // An SMF that takes connections and never answers.
  const silent = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
  await new Promise((resolve) => silent.once('listening', resolve));
  const address = silent.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const fixture = await startFixture({
    nf: ['udm', 'ausf', 'amf'],
    smfSbi: `127.0.0.1:${port}`,
  });
  try {
    const ue = await RawUe.connect(fixture.core);
    await ue.register();
    for (let i = 0; i < 40; i++) ue.requestSession(5);
    await until(() => fixture.core.counts().ues === 1);
    const { registry } = fixture.core.metrics.metrics;
    const dropped = async (): Promise<number> => {
      const text = await registry.getSingleMetricAsString('mpq_nas_discarded_total');
      return Number(/reason="overload"[^\n]* (\d+)/.exec(text)?.[1] ?? 0);
    };
    const end = performance.now() + 10_000;
    while ((await dropped()) < 8 && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    // The last message of the registration may still be one of the 32.
    const count = await dropped();
    assert.ok(count === 8 || count === 9, `dropped: ${count}`);
    ue.close();
  } finally {
    silent.close();
    await fixture.stop();
  }
});

test('an SM context queues 16 requests, and refuses more', async () => {
  const fixture = await startFixture({ pfcpT1Ms: 300, pfcpN1: 1 });
  try {
    const ue = fixture.ue();
    await ue.register('3gpp');
    await ue.establishSession(5, '3gpp');
    fixture.upf.script.silentTo = 'sessionModificationRequest';
    const path = `/x-testbed-nsmf-control/v1/sessions/imsi-${SUBSCRIBER.supi}/5/steer`;
    const body = { steeringMode: 'redundant' };
    const calls = Array.from({ length: 20 }, () =>
      fixture.core.sbi.call('smf', { method: 'POST', path, body }).then(
        () => 200,
        (error: unknown) => (error instanceof SbiProblem ? error.status : 0),
      ),
    );
    const statuses = await Promise.race(calls.slice(16).map((call) => call));
    assert.equal(statuses, 503);
    fixture.upf.script.silentTo = 'heartbeatRequest';
    const all = await Promise.all(calls);
    assert.equal(all.filter((status) => status === 503).length, 4);
  } finally {
    await fixture.stop();
  }
});

test('a listener takes so many connections, and a UE that does not read loses its own', async () => {
  const transports: NasTransport[] = [];
  const listener = await N1Listener.listen({
    access: '3gpp',
    address: ANY,
    maxConnections: 2,
    accept(transport) {
      transports.push(transport);
      return { receive: () => undefined, closed: () => undefined };
    },
  });
  const { port } = listener.address;
  const sockets = Array.from({ length: 3 }, () => connect(port, '127.0.0.1'));
  const closed = sockets.map(() => false);
  for (const [i, socket] of sockets.entries()) {
    socket.on('error', () => undefined);
    socket.on('close', () => {
      closed[i] = true;
    });
  }
  // The third is turned away; a closed socket is noticed by reading.
  sockets[2]?.resume();
  await until(() => transports.length === 2 && closed[2] === true);
  const [deaf] = transports;
  const before = closed.filter(Boolean).length;
  for (let i = 0; i < 2_000; i++) deaf?.send(new Uint8Array(16_000));
  for (const socket of sockets) socket.resume();
  await until(() => closed.filter(Boolean).length === before + 1);
  for (const socket of sockets) socket.destroy();
  await listener.close();
});

test('a network function takes 64 HTTP/2 sessions', async () => {
  const addresses = { udm: ANY, ausf: ANY, amf: ANY, smf: ANY };
  const network = new SbiNetwork({ addresses, transport: 'http2', events: noEvents });
  try {
    await network.serve('udm', []);
    const { host, port } = network.addressOf('udm');
    const sessions = Array.from({ length: 65 }, () => connectHttp2(`http://${host}:${port}`));
    let ended = 0;
    let connected = 0;
    for (const session of sessions) {
      session.on('error', () => undefined);
      session.on('close', () => {
        ended += 1;
      });
      session.on('remoteSettings', () => {
        connected += 1;
      });
    }
    await until(() => ended === 1 && connected >= 64);
    for (const session of sessions) session.destroy();
  } finally {
    await network.close();
  }
});

test('a multipart body has four parts at most', () => {
  const part = '--x\r\nContent-Type: application/json\r\n\r\n{}\r\n';
  assert.throws(
    () => decodeContent('multipart/related; boundary=x', utf8(`${part.repeat(5)}--x--`)),
    (error) => error instanceof SbiProblem && error.status === 400,
  );
});

test('a TCP stream that announces more than a NAS message can be ends the connection', async () => {
  const fixture = await startFixture();
  try {
    const { host, port } = fixture.core.n1?.['non-3gpp'] ?? ANY;
    const socket = connect(port, host);
    socket.write(fromHex('4001'));
    await new Promise((resolve) => socket.once('close', resolve).resume());
  } finally {
    await fixture.stop();
  }
});
