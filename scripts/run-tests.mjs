// Runs every compiled test file; node:test schedules them. Without arguments in five processes at once: sessions that
// lose something and find it again, others that live through something, other whole runs, the packages that use
// sockets, all others. At the end stand what each group took and, once more, what failed.
// usage: node scripts/run-tests.mjs [NAME...]    only files whose path holds every NAME, in this process
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

const WITH_SOCKETS =
  /^packages\/(access|core|endpoint|hq|interop|masque|native|service|ue-agent|upf-proxy|webtransport|webtransport-shim)\//;
const WHOLE_RUNS = /^packages\/testbed\//;
/** These wait most, and compute little. */
const LOSSES = /^packages\/testbed\/.*\/(restarts|[a-z-]*(faults|renewal)[a-z-]*)\.test\.js$/;
const LIVING_SESSIONS =
  /^packages\/testbed\/.*\/(ue-core|ue-story|upf-workers|[a-z-]*(traffic|steering|concurrent)[a-z-]*)\.test\.js$/;

/** Groups of test files by path; no file is in two. */
const GROUPS = {
  '--losses': (path) => LOSSES.test(path),
  '--living-sessions': (path) => LIVING_SESSIONS.test(path),
  '--whole-runs': (path) =>
    WHOLE_RUNS.test(path) && !LOSSES.test(path) && !LIVING_SESSIONS.test(path),
  '--with-sockets': (path) => WITH_SOCKETS.test(path),
  '--without-sockets': (path) => !WITH_SOCKETS.test(path) && !WHOLE_RUNS.test(path),
};

async function runHere(isWanted) {
  for (const name of readdirSync('packages')) {
    const folder = `packages/${name}/dist/test`;
    const source = `packages/${name}/test`;
    if (!existsSync(folder)) continue;
    for (const file of readdirSync(folder, { recursive: true })) {
      const path = `${folder}/${file}`;
      if (!path.endsWith('.test.js') || !isWanted(path)) continue;
      if (!existsSync(`${source}/${file}`.replace(/\.js$/, '.ts'))) continue;
      await import(pathToFileURL(path).href);
    }
  }
}

/** Where a group tells its CPU time. */
const CPU_TIME_FILE = 3;

/** Writes, when this process ends, the seconds of CPU time that it and its children took. */
function tellCpuTime() {
  process.once('exit', () => {
    const { user, system } = process.cpuUsage();
    writeSync(CPU_TIME_FILE, String((user + system) / 1e6 + childrenSeconds()));
  });
}

/** CPU time of the children that have ended, which Node.js does not tell: none but on Linux. */
function childrenSeconds() {
  try {
    const [, fields] = readFileSync('/proc/self/stat', 'utf8').split(') ');
    const [user, system] = fields.split(' ').slice(13, 15).map(Number);
    return (user + system) / 100;
  } catch {
    return 0;
  }
}

/** A group that takes longer hangs: on a machine with two idle cores it takes less than a minute. */
const LONGEST_MS = 400_000;

/** The form that failuresOf reads, and what tells where a group hangs. */
const REPORTERS = [
  '--test-reporter=tap',
  '--test-reporter-destination=stdout',
  `--test-reporter=${new URL('unfinished-tests.mjs', import.meta.url).href}`,
  '--test-reporter-destination=stderr',
];

/**
 * Runs one group in a process of its own: its exit status and its output, which is written as it comes if `isShown`.
 * A group that hangs is asked to say where, then killed.
 */
function runGroup(group, isShown) {
  const child = spawn(
    process.execPath,
    [...process.execArgv, ...REPORTERS, fileURLToPath(import.meta.url), group],
    { stdio: ['ignore', 'pipe', 'inherit', 'pipe'] },
  );
  const started = performance.now();
  let cpuTime = '';
  child.stdio[CPU_TIME_FILE].on('data', (text) => {
    cpuTime += text;
  });
  const limits = [
    setTimeout(() => child.kill('SIGUSR2'), LONGEST_MS),
    setTimeout(() => child.kill('SIGKILL'), LONGEST_MS + 10_000),
  ];
  const chunks = [];
  child.stdout.on('data', (chunk) => {
    chunks.push(chunk);
    if (isShown) process.stdout.write(chunk);
  });
  return new Promise((resolve) => {
    child.on('close', (code, signal) => {
      for (const limit of limits) clearTimeout(limit);
      const seconds = (performance.now() - started) / 1000;
      const took = `${group.slice(2)}: ${seconds.toFixed(1)} s, CPU ${Number(cpuTime).toFixed(1)} s`;
      resolve({ group, code, signal, took, output: Buffer.concat(chunks).toString() });
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
  tellCpuTime();
  await runHere(GROUPS[words[0]]);
} else if (words.length > 0) {
  await runHere((path) => words.every((word) => path.includes(word)));
} else {
  const running = Object.keys(GROUPS).map((group, i) => runGroup(group, i === 0));
  const groups = [];
  for (const group of running) {
    groups.push(await group);
    if (groups.length > 1) process.stdout.write(groups.at(-1).output);
  }
  for (const { took } of groups) process.stdout.write(`# ${took}\n`);
  const failures = groups.flatMap(failuresOf);
  if (failures.length > 0) process.stdout.write(`\nWhat failed:\n${failures.join('\n')}\n`);
  process.exitCode = groups.every(({ code }) => code === 0) ? 0 : 1;
}
