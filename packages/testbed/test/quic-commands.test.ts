import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { octets } from '@mpquic/hq';
import { nativeStatus } from '@mpquic/native';
import { ngtcp2Version } from '@mpquic/ngtcp2';
import type { ClientReport } from '../src/hq/client-report.ts';
import { type Outcome, outcomesOf } from './command-lines.ts';

const program = fileURLToPath(new URL('../../bin/mpq.mjs', import.meta.url));
const psk = 'ue-1=000102030405060708090a0b0c0d0e0f';

interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

function mpq(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...args], { timeout: 30_000 }, (error, stdout, stderr) => {
      resolve({ status: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

interface Server {
  readonly process: ChildProcess;
  readonly addresses: readonly string[];
}

async function startServer(...args: string[]): Promise<Server> {
  const server = spawn(process.execPath, [program, 'quic-server', ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const wanted = args.filter((arg) => arg === '--listen').length;
  const addresses = await new Promise<string[]>((resolve, reject) => {
    let text = '';
    server.stderr.on('data', (chunk: Buffer) => {
      text += String(chunk);
      const found = [...text.matchAll(/^listening on (\S+)$/gm)].map((match) => match[1] ?? '');
      if (found.length === wanted) resolve(found);
    });
    server.once('exit', () => reject(new Error(`the server ended: ${text}`)));
  });
  return { process: server, addresses };
}

async function stopServer({ process: server }: Server): Promise<void> {
  const ended = once(server, 'exit');
  server.kill('SIGTERM');
  assert.deepEqual(await ended, [0, null]);
}

const twoAddresses = ['--listen', '127.0.0.1:0', '--listen', '127.0.0.2:0'];

test('a download over two paths, with a key update and a path closed in the middle', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hq-client-'));
  const server = await startServer(...twoAddresses, '--alpn', 'hq-interop', '--psk', psk);
  try {
    const [first, second] = server.addresses as [string, string];
    const paths = [
      '--local',
      '127.0.0.1',
      '--local',
      '127.0.0.2',
      '--remote',
      first,
      '--remote',
      second,
    ];
    const { status, stdout, stderr } = await mpq(
      ...['quic-client', first, '--alpn', 'hq-interop', '--psk', psk, ...paths, '--json'],
      ...['--get', '/3000000', '--get', '/100', '--download', folder, '--key-update-after', '500'],
      ...['--keylog', join(folder, 'keys.log'), '--close-path', '0@20'],
    );
    assert.equal(status, 0, stderr);
    const report = JSON.parse(stdout) as ClientReport;
    assert.equal(report.ok, true);
    assert.deepEqual(report.handshake?.psk, { identity: 'ue-1', mode: 'raw' });
    assert.equal(report.multipath.negotiated, true);
    assert.deepEqual(
      report.multipath.paths.map(({ id, state }) => `${id} ${state}`),
      ['0 abandoned', '1 active'],
    );
    const expected = createHash('sha256');
    for (const chunk of octets(3_000_000)) expected.update(chunk);
    const [large] = report.transfers;
    assert.deepEqual([large?.path, large?.status, large?.bytes], ['/3000000', 200, 3_000_000]);
    assert.equal(large?.sha256, expected.digest('hex'));
    assert.equal((await readFile(join(folder, '100'))).length, 100);
    assert.match(await readFile(join(folder, 'keys.log'), 'utf8'), /^CLIENT_TRAFFIC_SECRET_0 /m);
    assert.deepEqual(report.close, { by: 'local', code: 0, frameType: 0, reason: '' });
  } finally {
    await stopServer(server);
    await rm(folder, { recursive: true });
  }
});

test('two workers share two addresses; every download over two paths arrives', {
  skip: nativeStatus.available ? false : nativeStatus.reason,
}, async () => {
  const arguments_ = [...twoAddresses, '--alpn', 'hq-interop', '--psk', psk, '--workers', '2'];
  const server = await startServer(...arguments_);
  try {
    const [first, second] = server.addresses as [string, string];
    const locals = ['--local', '127.0.0.1', '--local', '127.0.0.2'];
    const remotes = ['--remote', first, '--remote', second];
    const client = ['quic-client', first, '--alpn', 'hq-interop', '--psk', psk, '--json'];
    const download = () => mpq(...client, ...locals, ...remotes, '--get', '/500000');
    for (const { status, stdout, stderr } of await Promise.all([download(), download()])) {
      assert.equal(status, 0, stderr);
      const { multipath, transfers } = JSON.parse(stdout) as ClientReport;
      assert.equal(transfers[0]?.bytes, 500_000);
      assert.equal(multipath.paths.length, 2);
      for (const { bytesReceived } of multipath.paths) assert.ok(bytesReceived > 0);
    }
  } finally {
    await stopServer(server);
  }
});

test('what cannot be answered and who is not known: status 1 and one reason', async () => {
  const server = await startServer('--listen', '127.0.0.1:0', '--alpn', 'hq-interop', '--psk', psk);
  try {
    const [address] = server.addresses as [string];
    const client = ['quic-client', address, '--alpn', 'hq-interop', '--json'];
    const [missing, stranger, busy] = (await outcomesOf([
      [...client, '--psk-mode', 'imported', '--psk', psk, '--get', '/none'],
      [...client, '--psk', psk.replace('ue-1', 'ue-2')],
      ['quic-server', '--listen', address, '--alpn', 'hq-interop', '--psk', psk],
    ])) as [Outcome, Outcome, Outcome];
    assert.equal(missing.status, 1);
    const report = JSON.parse(missing.output) as ClientReport;
    assert.deepEqual(report.handshake?.psk, { identity: 'ue-1', mode: 'imported' });
    assert.deepEqual(
      report.transfers.map(({ status }) => status),
      [404],
    );

    assert.equal(stranger.status, 1);
    const refusal = JSON.parse(stranger.output) as ClientReport;
    assert.equal(refusal.ok, false);
    assert.equal(refusal.handshake, null);
    assert.equal(refusal.close?.code, 0x133);
    assert.equal(stranger.errors, `mpq: ${refusal.error}\n`);

    assert.equal(busy.status, 1);
    assert.equal(busy.errors, `mpq: cannot use ${address} (UDP): another program uses this port\n`);
  } finally {
    await stopServer(server);
  }
});

test('a peer that is not there: status 1, one line on standard error', async () => {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const address = `127.0.0.1:${socket.address().port}`;
  await new Promise<void>((closed) => socket.close(closed));
  const outcome = await mpq('quic-client', address, '--alpn', 'hq-interop', '--psk', psk);
  assert.equal(outcome.status, 1);
  assert.equal(outcome.stdout, '');
  assert.match(outcome.stderr, /^mpq: [^\n]*nothing listens[^\n]*\n$/);
});

test('both engines, each as client and as server', async () => {
  const engine = ['--engine', 'ngtcp2-wasm'];
  const built = ngtcp2Version() !== undefined;
  const alpn = ['--alpn', 'hq-interop', '--psk', psk];
  const server = await startServer('--listen', '127.0.0.1:0', ...alpn);
  try {
    const [address] = server.addresses as [string];
    const { status, stdout, stderr } = await mpq(
      ...['quic-client', address, ...alpn, ...engine, '--get', '/300000', '--json'],
    );
    if (!built) {
      assert.deepEqual([status, stdout], [127, '']);
      assert.match(stderr, /^mpq: the engine ngtcp2-wasm is not built: run .*\n$/);
      return;
    }
    assert.deepEqual(
      [status, (JSON.parse(stdout) as ClientReport).transfers[0]?.bytes],
      [0, 300_000],
    );
  } finally {
    await stopServer(server);
  }
  const other = await startServer('--listen', '127.0.0.1:0', ...alpn, ...engine);
  try {
    const [address] = other.addresses as [string];
    const outcome = await mpq('quic-client', address, ...alpn, '--get', '/300000', '--json');
    const report = JSON.parse(outcome.stdout) as ClientReport;
    assert.deepEqual([report.ok, report.multipath.negotiated], [true, false]);
    assert.equal(report.transfers[0]?.bytes, 300_000);
  } finally {
    await stopServer(other);
  }
});
