import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { test } from 'node:test';
import { ControlServer, changeImpairment, type Impairment, Relay } from '../src/index.ts';

const clear: Impairment = changeImpairment({} as Impairment, {});
const host = '127.0.0.1';

async function openSocket(): Promise<{ socket: Socket; port: number }> {
  const socket = createSocket('udp4');
  socket.bind(0, host);
  await once(socket, 'listening');
  return { socket, port: socket.address().port };
}

async function receive(socket: Socket): Promise<{ text: string; port: number }> {
  const [payload, from] = await once(socket, 'message', { signal: AbortSignal.timeout(2_000) });
  return { text: String(payload), port: from.port };
}

test('a relay forwards both ways, rebinds, and is changed over HTTP', async () => {
  const ue = await openSocket();
  const upf = await openSocket();
  const relay = await Relay.open({
    listen: { host, port: 0 },
    remote: { host, port: upf.port },
    outside: host,
    uplink: clear,
    downlink: clear,
  });
  const control = await ControlServer.listen({ host, port: 0 }, relay);
  const url = `http://${host}:${control.address.port}/`;
  try {
    ue.socket.send('one', relay.address.port, host);
    const first = await receive(upf.socket);
    assert.equal(first.text, 'one');
    upf.socket.send('back', first.port, host);
    assert.deepEqual(await receive(ue.socket), { text: 'back', port: relay.address.port });

    await fetch(`${url}rebind`, { method: 'POST' });
    ue.socket.send('two', relay.address.port, host);
    const second = await receive(upf.socket);
    assert.equal(second.text, 'two');
    assert.notEqual(second.port, first.port);

    const changed = await fetch(url, {
      method: 'PATCH',
      body: JSON.stringify({ uplink: { blackhole: true } }),
    });
    assert.equal(changed.status, 200);
    ue.socket.send('lost', relay.address.port, host);
    for (let i = 0; i < 500 && relay.statistics.uplink.blackholed === 0; i++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.equal(relay.statistics.uplink.blackholed, 1);
    assert.equal(relay.statistics.downlink.blackholed, 0);

    const refused = await fetch(url, { method: 'PATCH', body: '{"both":{"delayMs":-1}}' });
    assert.equal(refused.status, 400);
    assert.match(await refused.text(), /delayMs: expected a number/);
  } finally {
    await control.close();
    relay.close();
    ue.socket.close();
    upf.socket.close();
  }
});

test('a port in use is an error of the caller, not a crash', async () => {
  const taken = await openSocket();
  const options = { remote: { host, port: 9 }, outside: host, uplink: clear, downlink: clear };
  const listen = { host, port: taken.port };
  await assert.rejects(Relay.open({ ...options, listen }), /EADDRINUSE/);
  taken.socket.close();
});
