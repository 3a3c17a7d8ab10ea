// Debian's caddy (quic-go), a server of files over HTTP/3.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOptions, tell } from '../program.mjs';

const options = readOptions(process.argv.slice(2));
const folder = mkdtempSync(join(tmpdir(), 'caddy-'));
for (const octets of [1000, 1_000_000, 2_000_000, 5_000_000, 10_000_000]) {
  writeFileSync(join(folder, String(octets)), Buffer.alloc(octets, 'a'));
}
if (options.bytes > 0) {
  // Of a benchmark: zeros, which take no room on the disk.
  const large = join(folder, String(options.bytes));
  writeFileSync(large, '');
  truncateSync(large, options.bytes);
}
const configuration = join(folder, 'Caddyfile');
writeFileSync(
  configuration,
  `{
  admin off
  skip_install_trust
  default_bind 127.0.0.1
}
https://localhost:${options.port} {
  tls ${options.cert} ${options.key}
  root * ${folder}
  file_server
}
`,
);
const caddy = spawn('caddy', ['run', '--config', configuration, '--adapter', 'caddyfile'], {
  stdio: ['ignore', 'inherit', 'inherit'],
  env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder },
});
const end = () => caddy.kill('SIGKILL');
process.on('SIGTERM', end);
process.stdin.on('end', end).resume();
caddy.on('close', (code) => {
  rmSync(folder, { recursive: true, force: true });
  process.exit(code ?? 1);
});

const bound = `:${options.port.toString(16).toUpperCase().padStart(4, '0')} `;
while (!(await readFile('/proc/net/udp', 'utf8')).includes(bound)) {
  await new Promise((resolve) => setTimeout(resolve, 20));
}
tell('listening');
