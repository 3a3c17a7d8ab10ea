/** Applications on the UE, through both accesses and the UPF, to the data network: real sockets all the way. */
import assert from 'node:assert/strict';
import { connect as connectTcp } from 'node:net';
import { test } from 'node:test';
import { encodeQuery, readAnswer } from '@mpquic/ue-agent';
import { concatBytes, parseIp, plainOctets, toHex, utf8 } from '@mpquic/wire';
import { answerQuery } from '../src/data-network/dns-responder.ts';
import { Application, forwardPort, startScene } from './traffic-scene.ts';

for (const steering of ['smallest-delay', 'active-standby', 'load-balancing', 'redundant']) {
  test(`a forwarded UDP flow, ${steering}`, async (context) => {
    const { network, traffic } = await startScene(context, { steering });
    const application = new Application(context, forwardPort(traffic, 0));
    application.send(utf8('first'));
    await application.until(1);
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.equal(application.received.length, 1, 'copies are dropped');
    await application.keepSending(new Uint8Array(1_000), 100);
    const [report] = network.upf.userPlane?.reports() ?? [];
    assert.ok(report);
    assert.equal(report.ueAddress, '10.60.0.1');
    assert.deepEqual(
      report.paths.map(({ access }) => access),
      ['3gpp', 'non-3gpp'],
    );
    const [first, second] = report.paths.map(({ bytesReceived }) => bytesReceived);
    const both = steering === 'load-balancing' || steering === 'redundant';
    if (both) assert.ok(Math.min(first ?? 0, second ?? 0) > 30_000, `${first} and ${second}`);
    assert.equal(report.udp.accepted, 1);
    assert.ok(report.udp.downlinkPayloads >= 100);
  });
}

test('a DNS query through a forward, and one that nobody answers', async (context) => {
  const { traffic } = await startScene(context);
  const resolver = new Application(context, forwardPort(traffic, 1));
  resolver.send(encodeQuery({ id: 4711, name: 'echo.example', type: 1 }));
  await resolver.until(1);
  const answer = readAnswer(resolver.received[0] as Uint8Array);
  assert.deepEqual([answer.id, toHex(answer.address ?? parseIp('0.0.0.0'))], [4711, '7f000001']);
  resolver.send(encodeQuery({ id: 4712, name: 'nowhere.example', type: 1 }));
  await resolver.until(2);
  assert.equal(readAnswer(resolver.received[1] as Uint8Array).address, undefined);
  assert.equal(answerQuery(utf8('nonsense'), new Map()), undefined);
});

test('a target that the UPF does not allow is dropped, the others go on', async (context) => {
  const { network, traffic } = await startScene(context);
  const forbidden = new Application(context, forwardPort(traffic, 2));
  forbidden.send(utf8('hello?'));
  const allowed = new Application(context, forwardPort(traffic, 0));
  allowed.send(utf8('hello'));
  await allowed.until(1);
  const [report] = network.upf.userPlane?.reports() ?? [];
  assert.equal(report?.udp.refused, 1);
  assert.equal(traffic.forwards[2]?.flows.dropped, 1);
  assert.deepEqual(forbidden.received, []);
});

test('the UPF itself is no target, whatever is allowed', async (context) => {
  const { network, traffic } = await startScene(context, {
    upf: { n4: '127.0.0.47:8805', allowTargets: ['127.0.0.0/8'] },
  });
  const { n4, proxies } = network.upf;
  for (const { host, port } of [n4, proxies.access3gpp, proxies.accessNon3gpp]) {
    const receiver = { receive: () => undefined, ended: () => undefined };
    await assert.rejects(
      traffic.userPlane.openFlow({ host, port }, receiver),
      /destination_ip_prohibited/,
    );
  }
});

test('an access is cut while a flow runs, and comes back', async (context) => {
  const { network, traffic } = await startScene(context, { steering: 'active-standby' });
  const application = new Application(context, forwardPort(traffic, 0));
  application.send(utf8('first'));
  await application.until(1);
  const [connection] = await traffic.userPlane.connections();
  connection?.connection.cut('3gpp');
  await application.keepSending(utf8('again'), 200);
  connection?.connection.cut('3gpp', false);
  const [report] = network.upf.userPlane?.reports() ?? [];
  const standby = report?.paths.find(({ access }) => access === 'non-3gpp');
  assert.ok((standby?.packetsReceived ?? 0) > 40);
});

test('flows resume over a new connection after the UPF dropped the old one', async (context) => {
  const { network, traffic } = await startScene(context);
  const application = new Application(context, forwardPort(traffic, 0));
  application.send(utf8('first'));
  await application.until(1);
  const [session] = network.upf.sessions.sessions;
  assert.ok(session);
  const [before] = await traffic.userPlane.connections();
  before?.connection.destroy();
  await before?.ended;
  await application.keepSending(utf8('again'), 20);
  const [after] = await traffic.userPlane.connections();
  assert.notEqual(after, before);
});

test('SOCKS5 UDP ASSOCIATE reaches targets by name and by address', async (context) => {
  const { data, traffic } = await startScene(context, { socks: true });
  const { address } = traffic.socks ?? assert.fail('no SOCKS server');
  const control = connectTcp(address.port, address.host);
  context.after(() => control.destroy());
  control.write(Uint8Array.of(5, 1, 0, 5, 3, 0, 1, 0, 0, 0, 0, 0, 0));
  let reply: Uint8Array = new Uint8Array();
  while (reply.length < 12) {
    const data_ = await new Promise<Buffer>((resolve) => control.once('data', resolve));
    reply = concatBytes(reply, plainOctets(data_));
  }
  assert.equal(toHex(reply.subarray(0, 6)), '050005000001');
  const port = ((reply[10] as number) << 8) | (reply[11] as number);
  const application = new Application(context, port);
  const echoPort = data.echoes[0]?.address.port ?? 0;
  const header = Uint8Array.of(0, 0, 0, 1, 127, 0, 0, 1, echoPort >> 8, echoPort & 0xff);
  application.send(concatBytes(header, utf8('hello')));
  await application.until(1);
  assert.deepEqual(application.received[0], concatBytes(header, utf8('hello')));
});

test('SOCKS5 without authentication is offered, CONNECT is not, nonsense is cut off', async (context) => {
  const { traffic } = await startScene(context, { socks: true });
  const { address } = traffic.socks ?? assert.fail('no SOCKS server');
  const talk = (octets: readonly number[]): Promise<string> =>
    new Promise((resolve) => {
      const control = connectTcp(address.port, address.host);
      let said = '';
      control.on('data', (data) => {
        said += data.toString('hex');
      });
      control.on('close', () => resolve(said));
      control.write(Uint8Array.from(octets));
    });
  assert.equal(await talk([5, 1, 2]), '05ff');
  assert.equal(await talk([4, 1, 0]), '');
  assert.equal(await talk([5, 1, 0, 5, 1, 0, 1, 1, 2, 3, 4, 0, 80]), '050005070001000000000000');
});
