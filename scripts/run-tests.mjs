// Runs every compiled test file; node:test schedules them. Without arguments in two processes at once: the packages that
// use sockets and processes of their own in one, all others in the other.
// usage: node scripts/run-tests.mjs [NAME...]    only files whose path holds every NAME, in this process
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

const WITH_SOCKETS = new Set(
  'access core endpoint hq interop masque native service testbed ue-agent upf-proxy'.split(' '),
);
const GROUPS = {
  '--with-sockets': (name) => WITH_SOCKETS.has(name),
  '--without-sockets': (name) => !WITH_SOCKETS.has(name),
};

async function runHere(isWanted, words) {
  for (const name of readdirSync('packages').filter(isWanted)) {
    const folder = `packages/${name}/dist/test`;
    const source = `packages/${name}/test`;
    if (!existsSync(folder)) continue;
    for (const file of readdirSync(folder, { recursive: true })) {
      const path = `${folder}/${file}`;
      if (!path.endsWith('.test.js') || !words.every((word) => path.includes(word))) continue;
      if (!existsSync(`${source}/${file}`.replace(/\.js$/, '.ts'))) continue;
      await import(pathToFileURL(path).href);
    }
  }
}

/** Runs one group in a process of its own; its output is shown whole when `shown` settles. */
function runGroup(group, shown) {
  const child = spawn(
    process.execPath,
    [...process.execArgv, fileURLToPath(import.meta.url), group],
    { stdio: ['ignore', shown === undefined ? 'inherit' : 'pipe', 'inherit'] },
  );
  const output = [];
  child.stdout?.on('data', (chunk) => output.push(chunk));
  return new Promise((resolve) => {
    child.on('close', async (status) => {
      await shown;
      process.stdout.write(Buffer.concat(output));
      resolve(status ?? 1);
    });
  });
}

const words = process.argv.slice(2);
if (GROUPS[words[0]]) {
  await runHere(GROUPS[words[0]], []);
} else if (words.length > 0) {
  await runHere(() => true, words);
} else {
  const first = runGroup('--with-sockets', undefined);
  const second = runGroup('--without-sockets', first);
  process.exitCode = Math.max(await first, await second);
}
