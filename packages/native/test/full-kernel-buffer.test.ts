/** What the kernel itself refuses, not the addon in its place: in a network of its own, with a slow loopback interface. */
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { nativeStatus } from '../src/addon.ts';
import type { SlowLinkReport } from './slow-link.ts';

const SLOW_LINK =
  'ip link set lo mtu 1500 up && tc qdisc add dev lo root tbf rate 40mbit burst 16k limit 8m';

function inOwnNetwork(command: string): string[] {
  return ['--map-root-user', '--net', 'sh', '-c', `${SLOW_LINK} && ${command}`];
}

/** Why there can be no such network here. */
function whyNot(): string | false {
  if (!nativeStatus.available) return nativeStatus.reason;
  try {
    execFileSync('unshare', inOwnNetwork('true'), { stdio: 'pipe' });
    return false;
  } catch (error) {
    return `a network namespace with tc is needed: ${(error as Error).message.split('\n')[0]}`;
  }
}

test('a slow interface fills the kernel buffer, and its MTU refuses runs', {
  skip: whyNot(),
}, async () => {
  const program = fileURLToPath(new URL('./slow-link.js', import.meta.url));
  const { stdout } = await promisify(execFile)('unshare', [
    ...inOwnNetwork(`exec "${process.execPath}" "${program}"`),
  ]);
  const report = JSON.parse(stdout) as SlowLinkReport;
  assert.deepEqual(report, {
    queued: true,
    writable: report.writable,
    sent: 120,
    inOrder: true,
    accountedFor: 100,
    lostAfterSend: 0,
    refusals: ['EMSGSIZE'],
    refused: 3,
    segmentation: true,
    passed: 10,
  } satisfies SlowLinkReport);
  assert.ok(report.writable >= 1);
});
