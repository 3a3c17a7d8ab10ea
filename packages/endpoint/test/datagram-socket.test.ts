import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nativeStatus, openNativeSocket } from '@mpquic/native';
import type { OpenDatagramSocket } from '../src/datagram-socket.ts';
import { openDgramSocket } from '../src/dgram-socket.ts';
import { Recorder, run, until } from './loopback.ts';

const anyPort = { host: '127.0.0.1', port: 0 };

test('native: sockets', { skip: nativeStatus.available ? false : nativeStatus.reason }, () => {
  assert.ok(openNativeSocket !== undefined);
});

socketCompliance('node:dgram', openDgramSocket);
if (openNativeSocket !== undefined) socketCompliance('native', openNativeSocket);

/** What every socket must do. */
function socketCompliance(name: string, open: OpenDatagramSocket): void {
  carriesDatagrams(name, open);
  settlesBatches(name, open);
  reportsFailures(name, open);
}

function carriesDatagrams(name: string, open: OpenDatagramSocket): void {
  test(`${name}: a run arrives as datagrams of its segment size, from one address object`, async () => {
    const received = new Recorder();
    const a = await open({ local: anyPort }, new Recorder());
    const b = await open({ local: { host: '127.0.0.2', port: 0 } }, received);
    assert.equal(b.local.host, '127.0.0.2');
    assert.ok(a.send(run('aaaabbbbcc', 4, b.local)));
    await until(() => received.payloads.length === 3, 'three datagrams');
    assert.deepEqual(received.payloads, ['aaaa', 'bbbb', 'cc']);
    assert.deepEqual(received.remotes[0], a.local);
    assert.equal(new Set(received.remotes).size, 1);
    await until(() => received.batches > 0, 'the end of a batch');
    assert.equal(a.counters.datagramsSent, 3);
    assert.equal(a.counters.bytesSent, 10);
    assert.equal(b.counters.datagramsReceived, 3);
    await Promise.all([a.close(), b.close()]);
  });

  test(`${name}: an address that was adopted is the object of its datagrams`, async () => {
    const received = new Recorder();
    const a = await open({ local: anyPort }, new Recorder());
    const b = await open({ local: anyPort }, received);
    const remote = b.adopt({ ...a.local });
    assert.deepEqual(remote, a.local);
    b.adopt({ host: '127.0.0.9', port: 1 });
    assert.equal(b.adopt({ ...a.local }), remote);
    a.send(run('x', 1, b.local));
    await until(() => received.payloads.length === 1, 'a datagram');
    assert.equal(received.remotes[0], remote);
    await Promise.all([a.close(), b.close()]);
  });

  test(`${name}: datagrams that wait together are one batch`, async () => {
    const received = new Recorder();
    const a = await open({ local: anyPort }, new Recorder());
    const b = await open({ local: anyPort }, received);
    a.send(run('x'.repeat(20), 1, b.local));
    await until(() => received.payloads.length === 20, 'all datagrams');
    await until(() => received.batches > 0, 'the end of a batch');
    assert.ok(received.batches < 5, `${received.batches} batches`);
    await Promise.all([a.close(), b.close()]);
  });

  test(`${name}: the octets are free after a send: the next run does not change the last`, async () => {
    const received = new Recorder();
    const a = await open({ local: anyPort }, new Recorder());
    const b = await open({ local: anyPort }, received);
    const transmit = run('1111', 4, b.local);
    assert.ok(a.send(transmit));
    transmit.buffer.fill(0x32);
    assert.ok(a.send(transmit));
    await until(() => received.payloads.length === 2, 'two datagrams');
    assert.deepEqual(received.payloads, ['1111', '2222']);
    await Promise.all([a.close(), b.close()]);
  });

  test(`${name}: IPv6 loopback works the same`, async () => {
    const received = new Recorder();
    const local = { host: '::1', port: 0 };
    const a = await open({ local }, new Recorder());
    const b = await open({ local }, received);
    a.send(run('six', 3, b.local));
    await until(() => received.payloads.length === 1, 'a datagram');
    assert.deepEqual(received.remotes, [a.local]);
    await Promise.all([a.close(), b.close()]);
  });
}

function settlesBatches(name: string, open: OpenDatagramSocket): void {
  test(`${name}: a batch has settled when promises and ticks that came of it have run`, async () => {
    const received = new Recorder();
    const a = await open({ local: anyPort }, new Recorder());
    const b = await open({ local: anyPort }, received);
    const seen: number[] = [];
    received.onbatch = () => {
      void Promise.resolve()
        .then(() => undefined)
        .then(() => process.nextTick(() => seen.push(received.settled)));
    };
    for (let round = 1; round <= 3; round++) {
      a.send(run('x', 1, b.local));
      await until(() => received.settled === round, 'a batch that has settled');
      assert.equal(received.batches, round);
      assert.equal(seen.at(-1), round - 1, 'the tick ran before');
    }
    await Promise.all([a.close(), b.close()]);
  });

  test(`${name}: a batch settles also where it closes its socket`, async () => {
    const received = new Recorder();
    const a = await open({ local: anyPort }, new Recorder());
    const b = await open({ local: anyPort }, received);
    let closed: Promise<void> | undefined;
    received.onbatch = () => {
      closed = b.close();
    };
    a.send(run('x', 1, b.local));
    await until(() => received.settled === 1, 'a batch that has settled');
    assert.equal(received.batches, 1);
    await Promise.all([closed, a.close()]);
    assert.equal(received.settled, 1, 'once');
  });
}

function reportsFailures(name: string, open: OpenDatagramSocket): void {
  test(`${name}: a connected socket reports that nobody listens, and goes on`, async () => {
    const gone = await open({ local: anyPort }, new Recorder());
    await gone.close();
    const recorder = new Recorder();
    const socket = await open({ local: anyPort, remote: gone.local }, recorder);
    socket.send(run('x', 1, gone.local));
    await until(() => recorder.failures.length > 0, 'a report');
    assert.equal(recorder.failures[0], 'ECONNREFUSED');
    const there = await open({ local: gone.local, remote: socket.local }, new Recorder());
    there.send(run('y', 1, socket.local));
    await until(() => recorder.payloads.length === 1, 'a datagram of who listens now');
    await Promise.all([socket.close(), there.close()]);
  });

  test(`${name}: a datagram too large is reported, not thrown`, async () => {
    const recorder = new Recorder();
    const socket = await open({ local: anyPort }, recorder);
    const text = 'x'.repeat(65_530);
    socket.send(run(text, text.length, { host: '127.0.0.1', port: 9 }));
    await until(() => recorder.failures.length > 0, 'a report');
    assert.deepEqual(recorder.failures, ['EMSGSIZE']);
    assert.equal(socket.counters.sendErrors, 1);
    await socket.close();
  });

  test(`${name}: a port in use and an address of another machine reject with the code of the system`, async () => {
    const recorder = new Recorder();
    const socket = await open({ local: anyPort }, recorder);
    await assert.rejects(open({ local: socket.local }, recorder), { code: 'EADDRINUSE' });
    const foreign = { host: '192.0.2.1', port: 0 };
    await assert.rejects(open({ local: foreign }, recorder), { code: 'EADDRNOTAVAIL' });
    await socket.close();
  });

  test(`${name}: a closed socket sends nothing and reports nothing`, async () => {
    const recorder = new Recorder();
    const socket = await open({ local: anyPort }, recorder);
    await socket.close();
    await socket.close();
    assert.ok(socket.send(run('x', 1, socket.local)));
    assert.equal(socket.counters.datagramsSent, 0);
    assert.deepEqual(recorder.failures, []);
  });
}
