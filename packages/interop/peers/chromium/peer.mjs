// Chromium, headless: loads one page over HTTP/3 and prints what it sees.
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readOptions, tell } from '../program.mjs';
import { runChromium } from './browser.mjs';

const options = readOptions(process.argv.slice(2));
const { publicKey } = new X509Certificate(readFileSync(options.cert));
const spki = publicKey.export({ type: 'spki', format: 'der' });
const pin = createHash('sha256').update(spki).digest('base64');

runChromium(
  (folder) => [
    `--origin-to-force-quic-on=localhost:${options.port}`,
    `--ignore-certificate-errors-spki-list=${pin}`,
    `--log-net-log=${join(folder, 'net-log.json')}`,
    ...(options.versions?.startsWith('v2') ? ['--quic-version=RFCv2'] : []),
    '--dump-dom',
    `https://localhost:${options.port}/${options.bytes}`,
  ],
  (chromium, folder) => {
    const parts = [];
    chromium.stdout.on('data', (part) => parts.push(part));
    chromium.stderr.pipe(process.stderr);
    chromium.on('close', () => {
      const [, content = ''] = /<pre[^>]*>(a*)<\/pre>/.exec(Buffer.concat(parts).toString()) ?? [];
      const overQuic = readFileSync(join(folder, 'net-log.json'), 'utf8').includes('"alpn":"h3"');
      tell('done', { ok: content.length === options.bytes, bytes: content.length, overQuic });
    });
  },
);
