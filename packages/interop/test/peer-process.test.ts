import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { PeerProcess } from '../src/peer-process.ts';

test('a program that is over no longer waits for the end of its case', async () => {
  const { signal } = new AbortController();
  const peer = new PeerProcess(process.execPath, ['-e', 'console.log("here")'], signal);
  assert.equal(getEventListeners(signal, 'abort').length, 1);
  assert.equal(await peer.exit(), 0);
  assert.deepEqual(peer.log, ['here']);
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});

test('a program ends with its case', async () => {
  const controller = new AbortController();
  const endless = 'console.log("here"); setInterval(() => undefined, 1000)';
  const peer = new PeerProcess(process.execPath, ['-e', endless], controller.signal);
  const ended = peer.exit();
  controller.abort();
  assert.notEqual(await ended, 0);
});

test('the time of a program is that of its children too', async () => {
  // The parent only waits; the child works until the parent is gone.
  const child = 'const parent = process.ppid; while (process.ppid === parent);';
  const parent = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}]); process.stdin.resume();`;
  const peer = new PeerProcess(process.execPath, ['-e', parent], new AbortController().signal);
  if (process.platform === 'linux') {
    const wellBeyondOneStart = 500_000;
    while ((peer.cpuTime() ?? 0) < wellBeyondOneStart) await setTimeout(20);
  } else assert.equal(peer.cpuTime(), undefined);
  peer.kill();
  await peer.exit();
});
