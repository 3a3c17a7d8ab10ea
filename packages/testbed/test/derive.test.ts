import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

const mpq = fileURLToPath(new URL('../../bin/mpq.mjs', import.meta.url));

/** Keys of a published sample chain. */
const K_AMF = '7e9f97707cef48318df182a7f9e7ba838a6fb36ab83a7d1baf2610b97a5b9dcf';
const given = ['--supi', '001010123456789', '--pdu-session-id', '5', '--ul-nas-count', '7'];

function derive(...args: readonly string[]): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [mpq, 'derive', ...args], {
    encoding: 'utf8',
    timeout: 20_000,
  });
  return { status, out: stdout, err: stderr };
}

test('mpq derive --json prints one document with every step', () => {
  const { status, out, err } = derive(
    ...['--solution', '4', ...given, '--root', `K_AMF=${K_AMF}`, '--json'],
  );
  assert.equal(status, 0, err);
  const { solution, variant, psk, kid, steps } = JSON.parse(out);
  assert.equal(solution, '4');
  assert.equal(variant, 'stored-count');
  assert.equal(psk, '85c4f548f2f651a2e272fee6cf843e2a83f7596a3361dea373837f17e0235039');
  assert.equal(kid, 'db59f9e0502a132715efcaa1ea3e0eb8be75dcb7f18c3e3909f52b581268328605');
  assert.equal(steps[0].key, K_AMF);
  assert.equal(steps[0].fc, 'fff6');
  assert.equal(steps[0].s, 'fff6050001000000070004');
});
