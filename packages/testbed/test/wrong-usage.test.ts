/** Wrong input ends a command with one clear line, nothing on standard output, and status 2. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { CommandFailure } from '../src/cli/failure.ts';
import { cannotRead, requireWritable } from '../src/cli/given-file.ts';
import { usageReason } from '../src/cli/wrong-usage.ts';
import { outcomesOf } from './command-lines.ts';

const MPQ = fileURLToPath(new URL('../../bin/mpq.mjs', import.meta.url));

const PSK = 'ue-1=000102030405060708090a0b0c0d0e0f';
/** A key of a published sample chain. */
const K_AMF = '7e9f97707cef48318df182a7f9e7ba838a6fb36ab83a7d1baf2610b97a5b9dcf';
const SESSION = '--supi 001010123456789 --pdu-session-id 5 --ul-nas-count 7';
const SERVER = 'quic-server --alpn hq-interop --listen 127.0.0.1:0';
const CLIENT = 'quic-client 127.0.0.1:4433 --alpn hq-interop';
const NO_CAPTURE = fileURLToPath(import.meta.url);

const CASES: readonly (readonly [line: string, status: number, reason: RegExp])[] = [
  ['handshake --solution 2 --solution 3', 2, /--solution is given more than once/],
  ['derive --solution 4 --supi', 2, /supi/],
  [`derive --solution 4 ${SESSION}`, 2, /K_AMF/],
  [`derive --solution 4 --root K_AMF=${K_AMF} --pdu-session-id 16`, 2, /between 1 and 15/],
  [`derive --solution 4 ${SESSION} --root K_AMF=${K_AMF}0`, 2, /hexadecimal/],
  ['compare --solution', 2, /--solution needs a value/],
  ['demo --bytes 1.5', 2, /--bytes takes an integer/],
  ['demo --workers 0', 2, /--workers takes an integer from 1 to 64/],
  ['interop --peer noq --case retry', 2, /no case retry; there are mp-handshake/],
  ['bench bulk', 2, /no bench bulk; there are bulk-1path-fallback/],
  ['bench --runs 0', 2, /--runs takes an integer from 1 to 1000/],
  ['bench exchange-120-p50 --runs', 2, /--runs needs a value/],
  ['experiments run D1 --out /dev/null/x', 1, /--out: .*\/dev\/null/],
  [`decrypt ${NO_CAPTURE}`, 1, /neither a pcap nor a pcapng file/],
  ['decrypt /nowhere/missing', 2, /cannot read .*missing/],
  [`${SERVER} --psk ${PSK} --workers 0`, 2, /--workers takes an integer from 1 to 64/],
  [`${SERVER} --psk ue-1=00 --workers 2`, 2, /--psk/],
  [`${SERVER} --psk ${PSK} --listen 127.0.0.1:99999`, 2, /99999/],
  [`${CLIENT} --psk ue-1=00`, 2, /--psk/],
  [`${CLIENT} --psk ${PSK} --close-path 1`, 2, /--close-path/],
  [`${CLIENT} --psk ${PSK} --group x448`, 2, /no group "x448"/],
];

test('wrong input to each command', async () => {
  const outcomes = await outcomesOf(CASES.map(([line]) => line.split(' ')));
  for (const [index, { status, output, errors }] of outcomes.entries()) {
    const [line, expected, reason] = CASES[index] as (typeof CASES)[number];
    assert.equal(status, expected, line);
    assert.equal(output, '', line);
    assert.match(errors, reason);
    assert.match(errors, /^mpq: [^\n]+\n$/, 'one line');
    assert.ok(!errors.includes(K_AMF), 'no key');
  }
});

test('the process of a wrong command line ends with its status, and prints nothing but the reason', () => {
  const line = 'derive --solution 4 --supi abc'.split(' ');
  const ended = spawnSync(process.execPath, [MPQ, ...line], { encoding: 'utf8', timeout: 30_000 });
  assert.deepEqual([ended.status, ended.stdout], [2, '']);
  assert.match(ended.stderr, /^mpq: --supi abc is not an IMSI.*\n$/);
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
