// Chromium, headless: loads one page over HTTP/3 and prints what it sees.
import { spawn } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOptions, tell } from '../program.mjs';

const options = readOptions(process.argv.slice(2));
const folder = mkdtempSync(join(tmpdir(), 'chromium-'));
const { publicKey } = new X509Certificate(readFileSync(options.cert));
const spki = publicKey.export({ type: 'spki', format: 'der' });
const pin = createHash('sha256').update(spki).digest('base64');
const netLog = join(folder, 'net-log.json');
const chromium = spawn(
  'chromium',
  [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    `--user-data-dir=${folder}`,
    '--host-resolver-rules=MAP localhost 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
    `--origin-to-force-quic-on=localhost:${options.port}`,
    `--ignore-certificate-errors-spki-list=${pin}`,
    `--log-net-log=${netLog}`,
    ...(options.versions?.startsWith('v2') ? ['--quic-version=RFCv2'] : []),
    '--dump-dom',
    `https://localhost:${options.port}/${options.bytes}`,
  ],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
const end = () => chromium.kill('SIGKILL');
process.on('SIGTERM', end);
process.stdin.on('end', end).resume();
const parts = [];
chromium.stdout.on('data', (part) => parts.push(part));
chromium.on('close', () => {
  const [, content = ''] = /<pre[^>]*>(a*)<\/pre>/.exec(Buffer.concat(parts).toString()) ?? [];
  const overQuic = readFileSync(netLog, 'utf8').includes('"alpn":"h3"');
  rmSync(folder, { recursive: true, force: true });
  tell('done', { ok: content.length === options.bytes, bytes: content.length, overQuic });
  process.exit(0);
});
