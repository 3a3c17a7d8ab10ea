// Has tshark decode the N1, N4, SBI and QUIC handshake packets of captures, and fails on a malformed mark or
// where a capture has none of a kind that it must have. Packets behind the QUIC handshake carry frames of
// draft-ietf-quic-multipath-21, which tshark does not know: `mpq decrypt` reads those.
// usage: node scripts/check-captures.mjs FOLDER_OR_FILE...
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const PROTOCOLS = [
  { name: 'N1', filter: 'nas-5gs', required: true },
  { name: 'N4', filter: 'pfcp', required: true },
  { name: 'SBI', filter: 'http2', required: true },
  // A datagram that also has a 1-RTT packet is out of the question.
  { name: 'QUIC handshake', filter: 'quic.long.packet_type && !quic.short', required: false },
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
  for (const { name, filter, required } of PROTOCOLS) {
    const messages = tshark(file, filter);
    const malformed = tshark(file, `${filter} && _ws.malformed`);
    const found = messages.length > 0 || !required;
    const verdict = found && malformed.length === 0 ? 'ok' : 'FAILED';
    if (verdict !== 'ok') failures += 1;
    process.stdout.write(
      `${verdict.padEnd(6)} ${name}: ${messages.length} messages, ${malformed.length} malformed` +
        `${malformed.length > 0 ? ` (frames ${malformed.slice(0, 10).join(', ')})` : ''}  ${file}\n`,
    );
  }
}
process.exitCode = failures === 0 ? 0 : 1;
