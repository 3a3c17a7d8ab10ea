import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { openUdpSocket } from '../src/udp-socket.ts';

function openSockets(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'UDPWrap').length;
}

test('a socket is bound to its address, with the buffers that were asked for', async () => {
  const socket = await openUdpSocket({ host: '127.0.0.1', port: 0 }, { recvBufferSize: 100_000 });
  assert.equal(socket.address().address, '127.0.0.1');
  assert.notEqual(socket.address().port, 0);
  assert.ok(socket.getRecvBufferSize() >= 100_000);
  socket.close();
});

test('an address in use is an error, and leaves no socket open', async () => {
  const taken = await openUdpSocket({ host: '127.0.0.1', port: 0 });
  const before = openSockets();
  const address = { host: '127.0.0.1', port: taken.address().port };
  await assert.rejects(openUdpSocket(address), { code: 'EADDRINUSE' });
  // A handle is closed in the next turn of the event loop.
  for (let turn = 0; turn < 3; turn++) await setImmediate();
  assert.ok(openSockets() <= before);
  taken.close();
});
