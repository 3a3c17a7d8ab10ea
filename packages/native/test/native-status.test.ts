import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ADDON = new URL('../src/addon.js', import.meta.url).href;
const BUILD = fileURLToPath(new URL('../../../../scripts/build-native.mjs', import.meta.url));
const PRINT = `import(${JSON.stringify(ADDON)}).then((m) => console.log(JSON.stringify(m.nativeStatus)))`;

interface Status {
  readonly available: boolean;
  readonly reason: string;
}

/** What a process with these variables in its environment finds. */
function statusWith(variables: Readonly<Record<string, string>>): Status {
  const env = { ...process.env, ...variables };
  const { stdout } = spawnSync(process.execPath, ['-e', PRINT], { env, encoding: 'utf8' });
  return JSON.parse(stdout) as Status;
}

test('MPQUIC_NATIVE=0 turns the addon off', () => {
  const { available, reason } = statusWith({ MPQUIC_NATIVE: '0' });
  assert.equal(available, false);
  assert.equal(reason, 'turned off by MPQUIC_NATIVE=0');
});

test('an addon that is not there, and one that does not load, are told in one line', () => {
  const missing = statusWith({ MPQUIC_NATIVE: '', MPQUIC_ADDON: '/nowhere/addon.node' });
  assert.deepEqual([missing.available, missing.reason.slice(0, 9)], [false, 'not built']);
  const broken = statusWith({ MPQUIC_NATIVE: '', MPQUIC_ADDON: fileURLToPath(ADDON) });
  assert.equal(broken.available, false);
  assert.match(broken.reason, /^built, but does not load: [^\n]+$/);
});

test('without a compiler the build says so in one line, and is no failure', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BUILD], {
    env: { ...process.env, MPQUIC_NATIVE: '', MPQUIC_SANITIZE: '', CXX: '/nowhere/c++' },
    encoding: 'utf8',
  });
  assert.deepEqual([status, stdout], [0, '']);
  assert.match(
    stderr,
    /^native addon not built \([^\n]+\); everything works without it, slower\n$/,
  );
});
