import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

test('what we offer fits the declarations of node:quic', () => {
  const compiler = createRequire(import.meta.url).resolve('typescript/package.json');
  const project = fileURLToPath(new URL('../../test-types', import.meta.url));
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(dirname(compiler), 'bin/tsc'), '-p', project],
    { encoding: 'utf8', timeout: 60_000 },
  );
  assert.equal(status, 0, stdout + stderr);
});
