import assert from 'node:assert/strict';
import { reserveNativeSocket, type SocketReservation } from '../src/socket-reservation.ts';
import { native, nativeTest, openOn, run, until } from './loopback.ts';

function reserve(port: number, workers: number): SocketReservation {
  assert.ok(reserveNativeSocket !== undefined);
  return reserveNativeSocket({ local: { host: '127.0.0.1', port }, workers });
}

/** A short header whose connection ID belongs to worker `id`, and a mark. */
function shortPacket(id: number, mark: string): string {
  return `\x40\x00${String.fromCharCode(id)}${mark}`;
}

nativeTest(
  'what arrives before and between the users of a reserved socket waits for the next',
  async () => {
    const before = native.liveObjects();
    const reservation = reserve(0, 1);
    const { local, descriptor } = reservation;
    assert.ok(local.port > 0);
    const sender = openOn('127.0.0.1');
    sender.socket.send(run('early', 5, local));
    const first = openOn('127.0.0.1', { local, descriptor });
    assert.deepEqual(first.socket.local, local);
    await until(() => first.recorder.payloads.length === 1, 'a datagram from before');
    await first.socket.close();
    sender.socket.send(run('later', 5, local));
    const second = openOn('127.0.0.1', { local, descriptor });
    reservation.close();
    await until(() => second.recorder.payloads.length === 1, 'a datagram from between');
    assert.deepEqual([first.recorder.payloads, second.recorder.payloads], [['early'], ['later']]);
    second.socket.send(run('back', 4, sender.socket.local));
    await until(() => sender.recorder.payloads.length === 1, 'an answer');
    await Promise.all([second.socket.close(), sender.socket.close()]);
    assert.equal(native.liveObjects(), before);
  },
);

nativeTest('reserved sockets keep their places while one of their users is replaced', async () => {
  const zero = reserve(0, 2);
  const one = reserve(zero.local.port, 2);
  const sender = openOn('127.0.0.1');
  const users = [zero, one].map(({ local, descriptor }) =>
    openOn('127.0.0.1', { local, descriptor }),
  );
  await users[0]?.socket.close();
  const replaced = openOn('127.0.0.1', { local: zero.local, descriptor: zero.descriptor });
  for (const id of [0, 1, 0, 1]) {
    const text = shortPacket(id, 'x');
    sender.socket.send(run(text, text.length, zero.local));
  }
  const other = users[1] as (typeof users)[number];
  await until(
    () => other.recorder.payloads.length + replaced.recorder.payloads.length === 4,
    'all',
  );
  assert.ok(replaced.recorder.payloads.every((payload) => payload === shortPacket(0, 'x')));
  assert.ok(other.recorder.payloads.every((payload) => payload === shortPacket(1, 'x')));
  zero.close();
  one.close();
  await Promise.all([replaced, other, sender].map(({ socket }) => socket.close()));
});

nativeTest('a descriptor that is no UDP socket, or of another family, is refused', () => {
  const reservation = reserve(0, 1);
  const { local, descriptor } = reservation;
  assert.throws(() => openOn('127.0.0.1', { local, descriptor: 2 }), { code: 'ENOTSOCK' });
  assert.throws(() => openOn('127.0.0.1', { local, descriptor: 2 ** 30 }), { code: 'EBADF' });
  assert.throws(() => openOn('::1', { descriptor }), { code: 'EINVAL' });
  reservation.close();
});
