// `mpq handshake` for every solution and variant, with raw and with imported PSKs: three processes each, both
// paths. Prints a line for each run; fails where one fails or says something else than it was asked for.
// usage: node scripts/all-handshakes.mjs [SOLUTION...]
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { solutions } from '@mpquic/keys';

const MPQ = fileURLToPath(new URL('../packages/testbed/bin/mpq.mjs', import.meta.url));
const LIMIT_MS = 60_000;

function run(solution, variant, pskMode) {
  const options = ['--solution', solution, '--variant', variant, '--psk-mode', pskMode, '--json'];
  const child = spawnSync(process.execPath, [MPQ, 'handshake', ...options], {
    encoding: 'utf8',
    timeout: LIMIT_MS,
  });
  if (child.status !== 0) return { problem: child.stderr.trim() || `status ${child.status}` };
  const document = JSON.parse(child.stdout);
  return { document, problem: problemOf(document, { solution, variant, pskMode }) };
}

/** What is not as it was asked for. */
function problemOf(document, asked) {
  for (const [name, value] of Object.entries(asked)) {
    if (document[name] !== value) return `${name} is ${document[name]}`;
  }
  const [{ paths, afterRelease }] = document.runs;
  const accesses = paths.map(({ access }) => access).join(', ');
  if (accesses !== '3gpp, non-3gpp') return `paths over ${accesses}`;
  if (paths.some(({ state }) => state !== 'active')) return 'a path is not active';
  // A provisioned PSK outlives the session; every other one is refused once it is released.
  const outlives = asked.solution === 'Y';
  if (afterRelease?.accepted !== outlives) return `after the release: ${afterRelease?.detail}`;
  return undefined;
}

const wanted = process.argv.slice(2);
const chosen = solutions.filter(({ id }) => wanted.length === 0 || wanted.includes(id));
let failures = 0;
let runs = 0;
for (const { id, variants } of chosen) {
  for (const { name } of variants) {
    for (const pskMode of ['raw', 'imported']) {
      const { document, problem } = run(id, name, pskMode);
      runs += 1;
      if (problem !== undefined) failures += 1;
      const ms = document === undefined ? '' : `${document.handshakeMs.median.toFixed(1)} ms`;
      process.stdout.write(
        `${(problem === undefined ? 'ok' : 'FAILED').padEnd(7)}#${id} ${name.padEnd(24)} ${pskMode.padEnd(9)}${problem ?? ms}\n`,
      );
    }
  }
}
process.stdout.write(`${runs - failures} of ${runs} handshakes as asked for\n`);
process.exitCode = failures === 0 && runs > 0 ? 0 : 1;
