import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { Worker } from 'node:worker_threads';
import { nativeTest, openOn, run, until } from './loopback.ts';

const { EAGAIN, EINVAL, EIO, EMSGSIZE, ENOBUFS } = constants.errno;

/** 12 datagrams of 5 octets. */
const TEXT = Array.from({ length: 12 }, (_, i) => `<${String(i).padStart(3, '0')}>`).join('');
const LINES = TEXT.match(/.{5}/g) as string[];

nativeTest('with offload a run is one system call, and comes in by one', async () => {
  const a = openOn('127.0.0.1');
  const b = openOn('127.0.0.1');
  assert.ok(a.socket.offload.segmentation, 'this kernel segments');
  a.socket.send(run(TEXT, 5, b.socket.local));
  await until(() => b.recorder.payloads.length === 12, 'all datagrams');
  assert.deepEqual(b.recorder.payloads, LINES);
  assert.equal(a.socket.calls.send, 1);
  assert.equal(b.recorder.batches, 1);
  assert.equal(b.socket.counters.datagramsReceived, 12);
  assert.equal(b.socket.counters.bytesReceived, 60);
  await Promise.all([a.socket.close(), b.socket.close()]);
});

nativeTest('a run beyond what one send may carry is split', async () => {
  const a = openOn('127.0.0.1');
  const b = openOn('127.0.0.1');
  a.socket.send(run('x'.repeat(200), 1, b.socket.local));
  await until(() => b.recorder.payloads.length === 200, 'all datagrams');
  assert.equal(a.socket.calls.send, 4);
  a.socket.send(run('y'.repeat(100_000), 1000, b.socket.local));
  await until(() => b.recorder.payloads.length === 300, 'all datagrams');
  assert.equal(a.socket.calls.send, 6);
  await Promise.all([a.socket.close(), b.socket.close()]);
});

for (const [segmentation, coalescing] of [
  [false, true],
  [true, false],
  [false, false],
] as const) {
  nativeTest(
    `segmentation ${segmentation}, coalescing ${coalescing}: the same datagrams`,
    async () => {
      const a = openOn('127.0.0.1', { segmentation });
      const b = openOn('127.0.0.1', { coalescing });
      a.socket.send(run(TEXT, 5, b.socket.local));
      await until(() => b.recorder.payloads.length === 12, 'all datagrams');
      assert.deepEqual(b.recorder.payloads, LINES);
      assert.equal(a.socket.calls.send, 1, 'sendmmsg');
      assert.deepEqual(a.socket.offload, { segmentation, coalescing: true });
      assert.equal(b.socket.offload.coalescing, coalescing);
      await Promise.all([a.socket.close(), b.socket.close()]);
    },
  );
}

nativeTest('many datagrams at once make the batch grow, few let it shrink', async () => {
  const a = openOn('127.0.0.1', { segmentation: false });
  const b = openOn('127.0.0.1', { coalescing: false });
  a.socket.send(run('x'.repeat(300), 1, b.socket.local));
  await until(() => b.recorder.payloads.length === 300, 'all datagrams');
  assert.ok(b.socket.calls.receive < 20, `${b.socket.calls.receive} system calls`);
  assert.ok(b.socket.batch > 16, `${b.socket.batch} messages`);
  for (let count = 301; b.socket.batch > 4; count++) {
    a.socket.send(run('y', 1, b.socket.local));
    await until(() => b.recorder.payloads.length === count, 'one more');
    assert.ok(count < 310);
  }
  await Promise.all([a.socket.close(), b.socket.close()]);
});

nativeTest('an empty datagram arrives as one', async () => {
  const { createSocket } = await import('node:dgram');
  const sender = createSocket('udp4');
  const b = openOn('127.0.0.1');
  sender.send(new Uint8Array(0), b.socket.local.port, '127.0.0.1');
  await until(() => b.recorder.payloads.length === 1, 'a datagram');
  assert.deepEqual(b.recorder.payloads, ['']);
  sender.close();
  await b.socket.close();
});

for (const [from, to] of [
  ['127.0.0.1', '127.0.0.1'],
  ['::1', '::1'],
  ['::', '127.0.0.1'],
] as const) {
  nativeTest(`ECN from ${from} to ${to}, with and without offload`, async () => {
    const b = openOn(to);
    const host = from === '::' ? `::ffff:${to}` : to;
    const remote = { host, port: b.socket.local.port };
    for (const segmentation of [true, false]) {
      const a = openOn(from, { segmentation });
      for (const ecn of [0, 1, 2, 3] as const) a.socket.send(run('abcd', 2, remote, ecn));
      await a.socket.close();
    }
    await until(() => b.recorder.payloads.length === 16, 'all datagrams');
    assert.deepEqual(b.recorder.ecn, [0, 0, 1, 1, 2, 2, 3, 3, 0, 0, 1, 1, 2, 2, 3, 3]);
    await b.socket.close();
  });
}

nativeTest('ECN of IPv4 datagrams at a socket for both families', async () => {
  const a = openOn('127.0.0.1');
  const b = openOn('::');
  a.socket.send(run('abcd', 2, { host: '127.0.0.1', port: b.socket.local.port }, 1));
  await until(() => b.recorder.payloads.length === 2, 'both');
  assert.deepEqual(b.recorder.ecn, [1, 1]);
  assert.equal(b.recorder.remotes[0]?.host, '::ffff:7f00:1');
  await Promise.all([a.socket.close(), b.socket.close()]);
});

for (const [name, errno] of [
  ['EIO', EIO],
  ['EINVAL', EINVAL],
] as const) {
  nativeTest(`segmentation refused with ${name}: sent one by one, from now on`, async () => {
    const a = openOn('127.0.0.1');
    const b = openOn('127.0.0.1');
    a.socket.injectSendError(errno, 1, true);
    a.socket.send(run(TEXT, 5, b.socket.local));
    await until(() => b.recorder.payloads.length === 12, 'all datagrams');
    assert.deepEqual(b.recorder.payloads, LINES);
    assert.equal(a.socket.offload.segmentation, false);
    assert.equal(a.socket.counters.datagramsSent, 12);
    assert.deepEqual(a.recorder.failures, []);
    await Promise.all([a.socket.close(), b.socket.close()]);
  });
}

for (const [name, errno] of [
  ['ENOBUFS', ENOBUFS],
  ['EMSGSIZE', EMSGSIZE],
] as const) {
  nativeTest(`a run refused with ${name}: sent one by one, this time`, async () => {
    const a = openOn('127.0.0.1');
    const b = openOn('127.0.0.1');
    a.socket.injectSendError(errno, 1, true);
    a.socket.send(run(TEXT, 5, b.socket.local));
    await until(() => b.recorder.payloads.length === 12, 'all datagrams');
    assert.equal(a.socket.offload.segmentation, true);
    await Promise.all([a.socket.close(), b.socket.close()]);
  });
}

nativeTest(
  'without room in the kernel a datagram is dropped, and counted; the others go',
  async () => {
    const a = openOn('127.0.0.1', { segmentation: false });
    const b = openOn('127.0.0.1');
    a.socket.injectSendError(ENOBUFS, 2);
    a.socket.send(run(TEXT, 5, b.socket.local));
    await until(() => b.recorder.payloads.length === 10, 'the others');
    assert.deepEqual(b.recorder.payloads, LINES.slice(2));
    assert.equal(a.socket.counters.datagramsDropped, 2);
    assert.deepEqual(a.recorder.failures, []);
    await Promise.all([a.socket.close(), b.socket.close()]);
  },
);

nativeTest('datagrams beyond the MTU are reported once, counted each', async () => {
  const a = openOn('127.0.0.1');
  a.socket.injectSendError(EMSGSIZE, 13);
  a.socket.send(run(TEXT, 5, { host: '127.0.0.1', port: 9 }));
  await until(() => a.recorder.failures.length > 0, 'a report');
  assert.deepEqual(a.recorder.failures, ['EMSGSIZE']);
  assert.equal(a.socket.counters.sendErrors, 12);
  assert.equal(a.socket.offload.segmentation, true);
  await a.socket.close();
});

for (const segmentation of [true, false]) {
  nativeTest(
    `a full kernel buffer queues copies and goes on, segmentation ${segmentation}`,
    async () => {
      const a = openOn('127.0.0.1', { segmentation });
      const b = openOn('127.0.0.1');
      a.socket.injectSendError(EAGAIN, 3);
      const transmit = run(TEXT, 5, b.socket.local);
      assert.ok(a.socket.send(transmit));
      transmit.buffer.fill(0x2a);
      assert.ok(a.socket.congested);
      assert.equal(a.socket.counters.datagramsSent, 0);
      assert.ok(a.socket.send(run('more', 4, b.socket.local)), 'behind the queue, in order');
      await until(() => b.recorder.payloads.length === 13, 'all datagrams');
      assert.deepEqual(b.recorder.payloads, [...LINES, 'more']);
      assert.equal(a.recorder.writable, 1);
      assert.ok(!a.socket.congested);
      assert.equal(a.socket.counters.datagramsSent, 13);
      await Promise.all([a.socket.close(), b.socket.close()]);
    },
  );
}

nativeTest('the queue has a cap: what is beyond it is dropped, and counted', async () => {
  const a = openOn('127.0.0.1', { queueLimit: 20 });
  const b = openOn('127.0.0.1');
  a.socket.injectSendError(EAGAIN, 1);
  for (let i = 0; i < 3; i++) a.socket.send(run(TEXT, 5, b.socket.local));
  assert.equal(a.socket.counters.datagramsDropped, 16);
  await until(() => b.recorder.payloads.length === 20, 'what was queued');
  assert.deepEqual(b.recorder.payloads, [...LINES, ...LINES.slice(0, 8)]);
  await Promise.all([a.socket.close(), b.socket.close()]);
});

nativeTest('a close lets the kernel take what is queued', async () => {
  const a = openOn('127.0.0.1');
  const b = openOn('127.0.0.1');
  a.socket.injectSendError(EAGAIN, 4);
  a.socket.send(run(TEXT, 5, b.socket.local));
  await a.socket.close();
  assert.equal(a.socket.counters.datagramsSent, 12);
  await until(() => b.recorder.payloads.length === 12, 'all datagrams');
  assert.equal(a.recorder.writable, 0, 'a closed socket reports nothing');
  await b.socket.close();
});

nativeTest(
  'a close does not wait for ever: what is still queued is dropped, and counted',
  async () => {
    const a = openOn('127.0.0.1');
    a.socket.injectSendError(EAGAIN, 1_000_000);
    a.socket.send(run(TEXT, 5, { host: '127.0.0.1', port: 9 }));
    const started = performance.now();
    await a.socket.close();
    assert.ok(performance.now() - started < 1000);
    assert.equal(a.socket.counters.datagramsSent, 0);
    assert.equal(a.socket.counters.datagramsDropped, 12);
  },
);

for (const [wildcard, host] of [
  ['0.0.0.0', '127.0.0.7'],
  ['::', '::1'],
] as const) {
  nativeTest(
    `a socket on ${wildcard} names the address that a datagram came to, and answers from it`,
    async () => {
      const server = openOn(wildcard);
      const { port } = server.socket.local;
      const client = openOn(host === '::1' ? host : '127.0.0.1', { remote: { host, port } });
      client.socket.send(run('ping', 4, { host, port }));
      await until(() => server.recorder.payloads.length === 1, 'a datagram');
      assert.deepEqual(server.recorder.locals, [{ host, port }]);
      const answer = run('pong', 4, server.recorder.remotes[0] as never);
      answer.local = server.recorder.locals[0];
      server.socket.send(answer);
      // The client is connected: an answer from another address would not reach it.
      await until(() => client.recorder.payloads.length === 1, 'an answer');
      assert.deepEqual(client.recorder.payloads, ['pong']);
      assert.equal(client.recorder.remotes[0], client.socket.remote);
      await Promise.all([server.socket.close(), client.socket.close()]);
    },
  );
}

nativeTest('a connected socket on a wildcard learns its address, and names no other', async () => {
  const b = openOn('127.0.0.1');
  const remote = b.socket.local;
  const a = openOn('0.0.0.0', { remote });
  assert.equal(a.socket.local.host, '127.0.0.1');
  b.socket.send(run('x', 1, a.socket.local));
  await until(() => a.recorder.payloads.length === 1, 'a datagram');
  assert.equal(a.recorder.locals[0], a.socket.local);
  await Promise.all([a.socket.close(), b.socket.close()]);
});

nativeTest('several sockets receive beside each other, one object for each address', async () => {
  const receivers = ['127.0.0.1', '127.0.0.2', '::1'].map((host) => openOn(host));
  const senders = ['127.0.0.1', '127.0.0.3', '::1'].map((host) => openOn(host));
  for (let round = 0; round < 5; round++) {
    receivers.forEach(({ socket }, i) => {
      senders[i]?.socket.send(run(`${round}${i}`, 2, socket.local));
    });
  }
  await until(() => receivers.every((r) => r.recorder.payloads.length === 5), 'all datagrams');
  receivers.forEach(({ recorder }, i) => {
    assert.deepEqual(
      recorder.payloads,
      [0, 1, 2, 3, 4].map((round) => `${round}${i}`),
    );
    assert.equal(new Set(recorder.remotes).size, 1);
    assert.deepEqual(recorder.remotes[0], senders[i]?.socket.local);
  });
  await Promise.all([...receivers, ...senders].map(({ socket }) => socket.close()));
});

nativeTest('a handler may close its socket from within a batch', async () => {
  const a = openOn('127.0.0.1');
  const b = openOn('127.0.0.1');
  const closed: Promise<void>[] = [];
  let received = 0;
  b.recorder.datagramReceived = () => {
    received += 1;
    closed.push(b.socket.close());
  };
  a.socket.send(run(TEXT, 5, b.socket.local));
  await until(() => received > 0, 'a datagram');
  await Promise.all(closed);
  assert.equal(received, 1);
  assert.equal(b.recorder.batches, 0);
  await a.socket.close();
});

nativeTest(
  'a worker that ends with its sockets open and datagrams queued ends cleanly',
  async () => {
    const source = `
    const { parentPort } = require('node:worker_threads');
    import(${JSON.stringify(new URL('./loopback.js', import.meta.url).href)}).then((lib) => {
      const { socket } = lib.openOn('127.0.0.1');
      socket.injectSendError(${EAGAIN}, 1000000);
      socket.send(lib.run('queued', 2, socket.local));
      parentPort.postMessage(socket.local.port);
    });`;
    const worker = new Worker(source, { eval: true });
    const port = await new Promise<number>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
    await worker.terminate();
    const again = openOn('127.0.0.1', { local: { host: '127.0.0.1', port } });
    assert.equal(again.socket.local.port, port, 'the port is free again');
    await again.socket.close();
  },
);
