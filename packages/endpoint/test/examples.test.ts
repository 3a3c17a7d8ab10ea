import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = new URL('../../../../', import.meta.url);
const run = promisify(execFile);

function example(name: string): string {
  return fileURLToPath(new URL(`examples/dist/${name}.js`, root));
}

async function output(name: string, ...args: string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [example(name), ...args], { timeout: 20_000 });
  return stdout;
}

test('the echo example echoes', async () => {
  const server = spawn(process.execPath, [example('echo-server'), '127.0.0.1:0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [line] = (await once(server.stdout, 'data')) as [Buffer];
    const address = /listening on (?<address>\S+)/.exec(line.toString())?.groups?.['address'];
    assert.ok(address, line.toString());
    assert.match(await output('echo-client', address, 'over loopback'), /\nover loopback\n$/);
  } finally {
    const ended = once(server, 'exit');
    server.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null]);
  }
});

test('the example with two paths loses one and nothing else', async () => {
  const text = await output('two-paths');
  assert.match(text, /^path 0 cut after/m);
  assert.match(text, /^3000000 of 3000000 octets$/m);
});

test('the example of the README runs as it stands there', async () => {
  assert.equal(
    await output('library'),
    'hello over two paths\n0 127.0.0.1 active\n1 127.0.0.2 active\n',
  );
  const source = await readFile(new URL('examples/library.ts', root), 'utf8');
  const readme = await readFile(new URL('README.md', root), 'utf8');
  const code = source.slice(source.indexOf('import'));
  assert.ok(
    readme.includes(`\`\`\`ts\n${code}\`\`\``),
    'README.md differs from examples/library.ts',
  );
});
