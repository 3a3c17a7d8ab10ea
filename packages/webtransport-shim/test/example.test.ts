import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

test('the example of WebTransport loses a path and nothing else', async () => {
  const file = new URL('../../../../examples/dist/webtransport.js', import.meta.url);
  const run = promisify(execFile)(process.execPath, [fileURLToPath(file)], { timeout: 20_000 });
  const { stdout } = await run;
  assert.match(stdout, /^path 0 cut after/m);
  assert.match(stdout, /^2000000 of 2000000 octets came back$/m);
});
