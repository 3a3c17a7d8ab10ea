// Starts Chromium, headless and alone: no network but 127.0.0.1, a folder of its own that goes with it.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs it until it ends or is ended: with `use`, which gets the process and its folder before anything came. */
export function runChromium(args, use) {
  const folder = mkdtempSync(join(tmpdir(), 'chromium-'));
  const given = args(folder);
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
      ...given,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const end = () => chromium.kill('SIGKILL');
  process.on('SIGTERM', end);
  process.stdin.on('end', end).resume();
  use(chromium, folder);
  chromium.on('close', () => {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    process.exit(0);
  });
}
