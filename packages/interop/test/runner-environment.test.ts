import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RunnerUsage, readRunnerEnvironment } from '../src/runner/environment.ts';
import { runRunnerEndpoint } from '../src/runner/runner-endpoint.ts';
import { planOf } from '../src/runner/test-cases.ts';

test("the runner's variables, and the folders and the port of its containers", () => {
  const environment = readRunnerEnvironment({
    ROLE: 'client',
    TESTCASE: 'transfer',
    REQUESTS: 'https://server4:443/a  https://server4:443/b\n',
    SSLKEYLOGFILE: '/logs/keys.log',
    QLOGDIR: '/logs/qlog/',
  });
  assert.deepEqual(
    environment.requests.map(({ pathname }) => pathname),
    ['/a', '/b'],
  );
  assert.equal(environment.wwwFolder, '/www');
  assert.equal(environment.downloadFolder, '/downloads');
  assert.equal(environment.certificateFolder, '/certs');
  assert.equal(environment.keyLogFile, '/logs/keys.log');
  assert.equal(environment.listen[0], '0.0.0.0:443');
});

test('another environment is refused with the name of the variable', () => {
  for (const [variables, message] of [
    [{}, /ROLE/],
    [{ ROLE: 'both', TESTCASE: 'psk' }, /ROLE/],
    [{ ROLE: 'client' }, /TESTCASE/],
    [{ ROLE: 'client', TESTCASE: 'psk' }, /REQUESTS/],
    [{ ROLE: 'client', TESTCASE: 'psk', REQUESTS: 'nowhere' }, /nowhere is no URL/],
  ] as const) {
    assert.throws(
      () => readRunnerEnvironment(variables),
      (error) => error instanceof RunnerUsage && message.test(error.message),
    );
  }
});

test('a test case that is not supported ends with 127, a failure with 1', async () => {
  const lines: string[] = [];
  const run = (variables: Readonly<Record<string, string>>): Promise<number> =>
    runRunnerEndpoint({
      variables,
      print: (line) => lines.push(line),
      signal: AbortSignal.abort(),
    });
  assert.equal(await run({ ROLE: 'server', TESTCASE: 'teleport' }), 127);
  assert.equal(await run({ ROLE: 'server', TESTCASE: 'toString' }), 127);
  assert.equal(await run({ ROLE: 'server', TESTCASE: 'transfer', WWW: '/nowhere' }), 1);
  assert.equal(lines.length, 3);
});

test('every case of the runner and every one of ours has both ends', () => {
  const names =
    'handshake transfer zerortt v2 chacha20 keyupdate retry resumption http3 multiconnect psk psk-imported psk-sha384 ' +
    'psk-unknown psk-hrr mp-handshake mp-transfer mp-abandon mp-backup mp-pathdown mp-hotplug masque-udp';
  for (const name of names.split(' ')) {
    assert.ok(planOf(name, 'client') && planOf(name, 'server'), name);
  }
});
