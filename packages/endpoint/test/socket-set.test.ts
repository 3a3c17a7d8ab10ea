import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Address, Datagram } from '@mpquic/wire';
import { openDgramSocket } from '../src/dgram-socket.ts';
import { SocketSet, type SocketSetHandler } from '../src/socket-set.ts';
import { run, until } from './loopback.ts';

class Handler implements SocketSetHandler {
  readonly payloads: string[] = [];
  readonly locals: Address[] = [];
  datagramReceived({ payload, local }: Datagram): void {
    this.payloads.push(Buffer.from(payload).toString('latin1'));
    this.locals.push(local);
  }
  batchReceived(): void {}
  batchSettled(): void {}
  socketsWritable(): void {}
  sendFailed(): void {}
  localAddressLost(): void {}
}

test('a cut access loses both directions silently; the other goes on', async () => {
  const handler = new Handler();
  const set = new SocketSet(openDgramSocket, handler);
  const first = await set.open({ local: { host: '127.0.0.1', port: 0 } });
  const second = await set.open({ local: { host: '127.0.0.2', port: 0 } });
  const send = (text: string, local: Address, remote: Address): void => {
    const transmit = run(text, text.length, remote);
    transmit.local = local;
    assert.ok(set.send(transmit));
  };
  set.blackhole(first.local, true);
  send('lost on the way out', first.local, second.local);
  send('lost on the way in', second.local, first.local);
  send('through', second.local, second.local);
  await until(() => handler.payloads.length > 0, 'a datagram');
  set.blackhole(first.local, false);
  send('back', first.local, second.local);
  await until(() => handler.payloads.length > 1, 'another datagram');
  assert.deepEqual(handler.payloads, ['through', 'back']);
  assert.equal(handler.locals[1], second.local);
  assert.throws(() => set.blackhole({ host: '127.0.0.3', port: 1 }, true), /no socket is bound/);
  await set.closeAll();
});

test('the tap sees each datagram with its direction and addresses', async () => {
  const handler = new Handler();
  const set = new SocketSet(openDgramSocket, handler);
  const seen: string[] = [];
  const remotes: Address[] = [];
  set.tap = ({ direction, remote, payload, wallTime }) => {
    assert.ok(wallTime > 1.7e15);
    seen.push(`${direction} ${Buffer.from(payload).toString('latin1')}`);
    remotes.push(remote);
  };
  const { local } = await set.open({ local: { host: '127.0.0.1', port: 0 } });
  set.send(run('aabbc', 2, local));
  await until(() => handler.payloads.length === 3, 'three datagrams');
  assert.deepEqual(seen, [
    'sent aa',
    'sent bb',
    'sent c',
    'received aa',
    'received bb',
    'received c',
  ]);
  for (const remote of remotes) assert.deepEqual(remote, local);
  assert.equal(set.counters().datagramsSent, 3);
  await set.closeAll();
});

test('a run without a local address goes out of a socket of its family', async () => {
  const handler = new Handler();
  const set = new SocketSet(openDgramSocket, handler);
  const ipv6 = await set.open({ local: { host: '::1', port: 0 } });
  const ipv4 = await set.open({ local: { host: '127.0.0.1', port: 0 } });
  set.send(run('four', 4, ipv4.local));
  await until(() => handler.payloads.length === 1, 'a datagram');
  assert.equal(ipv4.counters.datagramsSent, 1);
  assert.equal(ipv6.counters.datagramsSent, 0);
  await set.closeAll();
});

test('with a tap, datagrams of a run are told one by one, before any of them is opened', () => {
  const told: (number | undefined)[] = [];
  const handler = new Handler();
  handler.datagramReceived = ({ run: together }) => told.push(together?.serial);
  const set = new SocketSet(openDgramSocket, handler);
  const address: Address = { host: '127.0.0.1', port: 1 };
  const buffer = new Uint8Array(20);
  const together = { serial: 7, buffer, at: 0, segmentSize: 10, end: 20, taken: 1 };
  const datagram = { local: address, remote: address, payload: buffer, run: together };
  set.datagramReceived(datagram);
  set.tap = () => undefined;
  set.datagramReceived(datagram);
  assert.deepEqual(told, [7, undefined]);
});
