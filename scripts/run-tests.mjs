// Runs every compiled test file; node:test schedules them. Without arguments in two processes at once: the packages that
// use sockets and processes of their own in one, all others in the other. What failed is shown once more at the end.
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

/** Runs one group in a process of its own: its exit status and its output, which is written as it comes if `isShown`. */
function runGroup(group, isShown) {
  const child = spawn(
    process.execPath,
    [...process.execArgv, fileURLToPath(import.meta.url), group],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const chunks = [];
  child.stdout.on('data', (chunk) => {
    chunks.push(chunk);
    if (isShown) process.stdout.write(chunk);
  });
  return new Promise((resolve) => {
    child.on('close', (code, signal) => {
      resolve({ group, code, signal, output: Buffer.concat(chunks).toString() });
    });
  });
}

/** The failed tests of a TAP output, each with its diagnosis, and how the process ended where no test says why. */
function failuresOf({ group, code, signal, output }) {
  const blocks = output.match(/^ *not ok .*(?:\n(?! *(?:ok|not ok|# Subtest|1\.\.\d)).*)*/gm) ?? [];
  if (signal !== null) blocks.push(`the process was ended by ${signal}`);
  else if (code !== 0 && blocks.length === 0)
    blocks.push(`exit status ${code}, and no test says why`);
  return blocks.map((block) => `${group.slice(2)}: ${block}`);
}

const words = process.argv.slice(2);
if (GROUPS[words[0]]) {
  await runHere(GROUPS[words[0]], []);
} else if (words.length > 0) {
  await runHere(() => true, words);
} else {
  const shown = runGroup('--with-sockets', true);
  const later = runGroup('--without-sockets', false);
  const groups = [await shown, await later];
  process.stdout.write(groups[1].output);
  const failures = groups.flatMap(failuresOf);
  if (failures.length > 0) process.stdout.write(`\nWhat failed:\n${failures.join('\n')}\n`);
  process.exitCode = groups.every(({ code }) => code === 0) ? 0 : 1;
}
