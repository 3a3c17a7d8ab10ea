// Has tshark decode the N1 and N4 messages of a capture, and fails on a malformed mark or where none are found.
// usage: node scripts/check-captures.mjs FOLDER_OR_FILE...
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const PROTOCOLS = [
  { name: 'N1', filter: 'nas-5gs' },
  { name: 'N4', filter: 'pfcp' },
];

function tshark(file, filter) {
  const run = spawnSync(
    'tshark',
    ['-r', file, '-Y', filter, '-T', 'fields', '-e', 'frame.number'],
    {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    },
  );
  if (run.error) {
    process.stderr.write('tshark is not installed: run scripts/install-interop.sh\n');
    process.exit(127);
  }
  if (run.status !== 0) throw new Error(`tshark: ${run.stderr.trim()}`);
  return run.stdout.split('\n').filter((line) => line !== '');
}

function captures(path) {
  if (!existsSync(path)) throw new Error(`${path} does not exist`);
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true })
    .map((name) => join(path, String(name)))
    .filter((name) => name.endsWith('.pcapng'));
}

const files = process.argv.slice(2).flatMap(captures);
if (files.length === 0) throw new Error('no capture to check');
let failures = 0;
for (const file of files) {
  for (const { name, filter } of PROTOCOLS) {
    const messages = tshark(file, filter);
    const malformed = tshark(file, `${filter} && _ws.malformed`);
    const verdict = messages.length > 0 && malformed.length === 0 ? 'ok' : 'FAILED';
    if (verdict !== 'ok') failures += 1;
    process.stdout.write(
      `${verdict.padEnd(6)} ${name}: ${messages.length} messages, ${malformed.length} malformed` +
        `${malformed.length > 0 ? ` (frames ${malformed.slice(0, 10).join(', ')})` : ''}  ${file}\n`,
    );
  }
}
process.exitCode = failures === 0 ? 0 : 1;
