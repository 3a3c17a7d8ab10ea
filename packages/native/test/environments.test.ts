import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { type EnvironmentReport, sealPacket } from './environment-user.ts';
import { native, nativeTest, openOn, run } from './loopback.ts';

const USER = new URL('./environment-user.js', import.meta.url);

nativeTest('threads have keys and sockets of their own, and end with them open', async () => {
  const { keys, packet } = sealPacket();
  const flood = openOn('127.0.0.1');
  for (let round = 0; round < 2; round++) {
    const workers = [0, 1, 2].map(() => new Worker(USER));
    const reports = await Promise.all(
      workers.map(async (worker) => (await once(worker, 'message'))[0] as EnvironmentReport),
    );
    for (const { port, sealed, liveObjects } of reports) {
      assert.deepEqual(sealed, packet);
      assert.equal(liveObjects, 3, 'a socket, keys and a key share: none of another thread');
      // They end while they receive.
      for (let i = 0; i < 20; i++) {
        flood.socket.send(run('x'.repeat(60_000), 1000, { host: '127.0.0.1', port }));
      }
    }
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  await flood.socket.close();
  native.seal(keys, packet, Int32Array.of(0, 11, 2, 30, 0, 1, 0, 0), 1);
  native.releaseKeys(keys);
});

nativeTest('a process ends with its sockets open and datagrams queued', async () => {
  const child = fork(USER, ['exit'], { execArgv: [] });
  const [code, signal] = await once(child, 'exit');
  assert.deepEqual([code, signal], [7, null]);
});
