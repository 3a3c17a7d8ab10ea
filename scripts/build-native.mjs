// Builds the addon of packages/native where that is possible, and says in one line why where it is not: all of the
// project works without it, slower. Nothing is downloaded: the headers are those that came with this Node.js.
// usage: node scripts/build-native.mjs [--nodedir=PREFIX]     MPQUIC_SANITIZE=1 builds what
// scripts/test-native-asan.sh runs; MPQUIC_NATIVE=0 builds nothing
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const sources = join(root, 'packages/native');
const sanitize = process.env.MPQUIC_SANITIZE === '1';
// node-gyp builds in place: for a second build the sources are copied.
const folder = sanitize ? join(sources, 'build/sanitized') : sources;
const addon = join(folder, 'build/Release/mpquic_native.node');
const stampFile = join(folder, 'build/built-from');
const logFile = join(sources, 'build/build.log');

function note(text) {
  process.stderr.write(`${text}\n`);
}

/** The prefix of include/node where it belongs to this Node.js: within a major version, nothing used here changes. */
function findHeaders() {
  const candidates = [
    process.argv.find((word) => word.startsWith('--nodedir='))?.slice('--nodedir='.length),
    process.env.npm_config_nodedir,
    dirname(dirname(process.execPath)),
    '/usr',
    '/usr/local',
    join(homedir(), '.cache/node-gyp', process.versions.node),
  ];
  const major = process.versions.node.split('.')[0];
  return candidates.find((prefix) => prefix && majorOfHeaders(prefix) === major);
}

function majorOfHeaders(prefix) {
  const include = join(prefix, 'include/node');
  const file = join(include, 'node_version.h');
  if (!existsSync(file) || !existsSync(join(include, 'openssl/evp.h'))) return undefined;
  return readFileSync(file, 'utf8').match(/#define NODE_MAJOR_VERSION (\d+)/)?.[1];
}

/** Changes with the sources and with all that they are compiled with. */
function fingerprint(headers) {
  const hash = createHash('sha256');
  hash.update(`${process.version} ${process.arch} ${headers} ${process.env.CXX ?? ''}`);
  for (const name of [
    'binding.gyp',
    ...readdirSync(join(sources, 'addon')).map((n) => `addon/${n}`),
  ]) {
    hash.update(`\0${name}\0`).update(readFileSync(join(sources, name)));
  }
  return hash.digest('hex');
}

function works(command, args) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

/** Why the addon cannot be built here; undefined where it can. */
function obstacle(headers, nodeGyp) {
  if (process.platform !== 'linux') return 'it is for Linux';
  if (headers === undefined)
    return `no headers of Node.js ${process.versions.node.split('.')[0]} on this machine`;
  if (!existsSync(nodeGyp)) return 'node-gyp is not installed';
  if (!works(process.env.CXX ?? 'c++', ['--version']) || !works('make', ['--version'])) {
    return 'no C++ compiler and make';
  }
  if (!works('python3', ['--version'])) return 'no python3, which node-gyp needs';
  return undefined;
}

function buildEnvironment() {
  return sanitize ? { ...process.env, GYP_DEFINES: 'mpquic_sanitize=1' } : process.env;
}

function build() {
  if (process.env.MPQUIC_NATIVE === '0') return;
  const headers = findHeaders();
  const print = fingerprint(headers);
  if (existsSync(addon) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === print)
    return;
  const nodeGyp = join(root, 'node_modules/node-gyp/bin/node-gyp.js');
  const reason = obstacle(headers, nodeGyp);
  if (reason !== undefined) {
    note(`native addon not built (${reason}); everything works without it, slower`);
    return;
  }
  note('> node-gyp rebuild (packages/native)');
  if (sanitize) {
    cpSync(join(sources, 'addon'), join(folder, 'addon'), { recursive: true });
    cpSync(join(sources, 'binding.gyp'), join(folder, 'binding.gyp'));
  }
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [nodeGyp, 'rebuild', `--nodedir=${headers}`, '--jobs=2'],
    { cwd: folder, env: buildEnvironment(), encoding: 'utf8', timeout: 300_000 },
  );
  mkdirSync(dirname(logFile), { recursive: true });
  if (status === 0) writeFileSync(stampFile, print);
  else {
    writeFileSync(logFile, `${stdout}${stderr}`);
    note(
      `native addon not built (compiling failed, see ${logFile}); everything works without it, slower`,
    );
  }
}

build();
