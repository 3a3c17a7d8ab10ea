import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { nativeStatus } from '@mpquic/native';
import { doctorTable } from '../src/commands/doctor.ts';
import { commandVersion } from '../src/doctor/command-version.ts';
import type { Finding } from '../src/doctor/finding.ts';
import { runTimeFindings } from '../src/doctor/run-time.ts';
import { addonFinding, offloadFindings } from '../src/doctor/speed.ts';

const mpq = fileURLToPath(new URL('../../bin/mpq.mjs', import.meta.url));

interface DoctorDocument {
  readonly ok: boolean;
  readonly findings: readonly Finding[];
}

/** No tool is on it: what is said of the addon takes no time for versions of tools. */
const NO_PATH = { PATH: '/nowhere' };

function doctor(setting: Record<string, string>): Promise<DoctorDocument> {
  const env = { ...process.env, ...setting };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [mpq, 'doctor', '--json'], { env }, (error, output) => {
      if (error === null) resolve(JSON.parse(output));
      else reject(error);
    });
  });
}

function find({ findings }: DoctorDocument, name: string): Finding {
  const found = findings.find((finding) => finding.name === name);
  assert.ok(found !== undefined, name);
  return found;
}

test('mpq doctor --json says what is in use, and why', async () => {
  const document = await doctor({});
  assert.equal(document.ok, true);
  assert.equal(find(document, 'node').value, process.versions.node);
  assert.equal(find(document, 'openssl').value, process.versions.openssl);
  assert.equal(find(document, 'native addon').status, nativeStatus.available ? 'ok' : 'absent');
  assert.equal(find(document, 'sockets').value.startsWith('native'), nativeStatus.available);
  assert.equal(find(document, 'UDP on 127.0.0.1').status, 'ok');
  for (const name of ['tshark', 'docker', 'qpsk', 'noq', 'TUN', 'network namespaces']) {
    const { status, advice } = find(document, name);
    assert.equal(advice === undefined, status === 'ok', `${name}: advice only where it is missing`);
  }
});

test('with MPQUIC_NATIVE=0 the doctor finds the fallback, and names the reason', async () => {
  const document = await doctor({ ...NO_PATH, MPQUIC_NATIVE: '0' });
  assert.equal(document.ok, true, 'nothing needs the addon');
  assert.match(find(document, 'native addon').value, /MPQUIC_NATIVE=0/);
  assert.match(find(document, 'sockets').value, /node:dgram/);
  assert.match(find(document, 'cryptography').value, /node:crypto/);
  for (const name of ['GSO', 'GRO', 'ECN', 'local address']) {
    assert.equal(find(document, name).status, 'absent');
  }
});

test('an addon that does not load is told with its reason', async () => {
  const document = await doctor({ ...NO_PATH, MPQUIC_ADDON: mpq });
  assert.match(find(document, 'native addon').value, /^built, but does not load: /);
});

test('a kernel without an offload is told apart from an addon that is not there', () => {
  const probe = { segmentation: false, coalescing: true, ecn: true, localAddress: true };
  assert.deepEqual(
    offloadFindings(probe).map(({ status }) => status),
    ['absent', 'ok', 'ok', 'ok'],
  );
  assert.match(offloadFindings(probe)[0]?.value ?? '', /this kernel/);
  assert.match(offloadFindings(undefined)[0]?.value ?? '', /node:dgram/);
});

test('Node.js below 20.19 fails', () => {
  const older = runTimeFindings({ ...process.versions, node: '20.18.3' });
  assert.equal(older[0]?.status, 'failed');
  assert.match(older[0]?.advice ?? '', /20\.19/);
  assert.equal(runTimeFindings({ ...process.versions, node: '22.0.0' })[0]?.status, 'ok');
});

test('a command that is not there has no version', async () => {
  assert.equal(await commandVersion('mpquic-no-such-command', '--version'), undefined);
  assert.equal(await commandVersion(process.execPath, '--version'), process.version);
  assert.equal(await commandVersion(process.execPath, '--no-such-flag'), undefined);
});

test('the table ends with what to do', () => {
  const lines = doctorTable([addonFinding({ available: false, reason: 'not built' })]);
  assert.match(lines[2] ?? '', /^speed +native addon +absent +not built$/);
  assert.match(lines.at(-1) ?? '', /^native addon: /);
});
