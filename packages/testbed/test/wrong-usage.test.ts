/** Wrong input ends a command with one clear line, nothing on standard output, and status 2. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { CommandFailure } from '../src/cli/failure.ts';
import { cannotRead, requireWritable } from '../src/cli/given-file.ts';
import { usageReason } from '../src/cli/wrong-usage.ts';

const MPQ = fileURLToPath(new URL('../../bin/mpq.mjs', import.meta.url));

const CASES: readonly (readonly [line: string, status: number, reason: RegExp])[] = [
  ['handshake --solution 2 --solution 3', 2, /--solution is given more than once/],
  ['derive --solution 4 --supi abc', 2, /--supi abc is not an IMSI/],
  ['compare --solution', 2, /--solution needs a value/],
  ['demo --bytes 1.5', 2, /--bytes takes an integer/],
  ['demo --workers 0', 2, /--workers takes an integer from 1 to 64/],
  ['interop --peer noq --case retry', 2, /no case retry; there are mp-handshake/],
  ['bench bulk', 2, /no bench bulk; there are bulk-1path-fallback/],
  ['bench --runs 0', 2, /--runs takes an integer from 1 to 1000/],
  ['bench exchange-120-p50 --runs', 2, /--runs needs a value/],
  ['experiments run D1 --out /dev/null/x', 1, /--out: .*\/dev\/null/],
];

test('wrong input to each command', async () => {
  await Promise.all(
    CASES.map(async ([line, status, reason]) => {
      const ended = await mpq(line.split(' '));
      assert.equal(ended.status, status, line);
      assert.equal(ended.output, '', line);
      assert.match(ended.errors, reason);
      assert.match(ended.errors, /^mpq: .*\n$/, 'one line');
    }),
  );
});

test('what yargs says of a choice in three lines is one line', () => {
  const said = 'Invalid values:\n  Argument: paths, Given: 3, Choices: 1, 2';
  assert.equal(usageReason(said), 'paths is 3; it is one of 1, 2');
  assert.equal(usageReason('Unknown argument: x'), 'Unknown argument: x');
  const missing = 'Not enough non-option arguments: got 0, need at least 1';
  assert.match(usageReason(missing), /^an argument is missing/);
});

test('a file that cannot be read or written is told with its option', () => {
  const usage = (reason: RegExp) => (error: unknown) =>
    error instanceof CommandFailure && error.status === 2 && reason.test(error.message);
  assert.throws(
    () => requireWritable('--report', '/nowhere/x.md'),
    usage(/^--report: cannot write to \/nowhere \(ENOENT\)$/),
  );
  assert.throws(
    () => requireWritable('--report', '/'),
    usage(/^--report: \/ is a folder, not a file$/),
  );
  requireWritable('--report', fileURLToPath(new URL('new.md', import.meta.url)));
  requireWritable('--report', undefined);
  requireWritable('--report', fileURLToPath(import.meta.url));
  const error = Object.assign(new Error('a long text'), { code: 'ENOENT' });
  const read = cannotRead('--root /nowhere', error);
  assert.ok(usage(/^cannot read --root \/nowhere \(ENOENT\)$/)(read));
});

function mpq(
  args: readonly string[],
): Promise<{ readonly status: number | null; readonly output: string; readonly errors: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [MPQ, ...args]);
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, output, errors }));
  });
}
