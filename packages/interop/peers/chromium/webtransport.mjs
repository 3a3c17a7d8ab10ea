// Chromium, headless: a page that uses WebTransport, whose console says what it sees. See src/quic/webtransport-peer.ts.
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readOptions, tell } from '../program.mjs';
import { runChromium } from './browser.mjs';

const options = readOptions(process.argv.slice(2));
const certificate = new X509Certificate(readFileSync(options.cert));
const hash = [...createHash('sha256').update(certificate.raw).digest()];
const { port, bytes, datagrams } = options;
const given = JSON.stringify({ port, name: options.case, bytes, datagrams, hash });
const script = readFileSync(new URL('webtransport-page.mjs', import.meta.url), 'utf8');

runChromium(
  (folder) => {
    const page = join(folder, 'page.html');
    writeFileSync(
      page,
      `<script>globalThis.given = ${given};</script><script type="module">${script}</script>`,
    );
    const features = options['draft-07'] ? ['--enable-features=EnableWebTransportDraft07'] : [];
    // What its console says stands in its log, with quotation marks as they are.
    return [...features, '--enable-logging=stderr', `file://${page}`];
  },
  (chromium) => {
    let log = '';
    chromium.stderr.setEncoding('utf8').on('data', (text) => {
      log += text;
      const [, done] = /"DONE (\{.*\})", source: /.exec(log) ?? [];
      if (done === undefined) return;
      log = '';
      tell('done', JSON.parse(done));
      chromium.kill('SIGTERM');
    });
  },
);
