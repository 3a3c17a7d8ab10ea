import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { QlogFolder } from '../src/index.ts';

const local = { host: '127.0.0.1', port: 1 };
const remote = { host: '127.0.0.1', port: 2 };

/** JSON text sequence. RFC 7464 */
function records(file: string): { readonly name?: string; readonly time?: number }[] {
  const text = readFileSync(file, 'utf8');
  assert.ok(text.startsWith('\u001e'));
  return text
    .split('\u001e')
    .slice(1)
    .map((record) => JSON.parse(record));
}

test('a qlog file for each connection, named by its first connection ID', () => {
  const folder = mkdtempSync(join(tmpdir(), 'qlog-'));
  try {
    const qlog = new QlogFolder(join(folder, 'new'));
    const id = Uint8Array.of(0xab, 0xcd);
    for (const role of ['client', 'server'] as const) {
      const observer = qlog.observer({ role });
      observer?.connectionStarted?.(local, remote, 1_000_000, id);
      observer?.packetDropped?.('duplicate', 30, 1_002_000);
    }
    qlog.close();
    const files = readdirSync(join(folder, 'new')).sort();
    assert.deepEqual(files, ['abcd_client.sqlog', 'abcd_server.sqlog']);
    for (const file of files) {
      const [, started, dropped] = records(join(folder, 'new', file));
      assert.equal(started?.name, 'quic:connection_started');
      assert.equal(dropped?.name, 'quic:packet_dropped');
      assert.equal(dropped?.time, 2);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a closed connection is written at once', () => {
  const folder = mkdtempSync(join(tmpdir(), 'qlog-'));
  try {
    const observer = new QlogFolder(folder).observer({ role: 'client' });
    observer?.connectionStarted?.(local, remote, 0, Uint8Array.of(1));
    assert.deepEqual(readdirSync(folder), []);
    const reason = { by: 'local', application: true, code: 0, frameType: 0, reason: '' } as const;
    observer?.connectionClosed?.(reason, 5);
    assert.equal(records(join(folder, '01_client.sqlog')).length, 3);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a server does not write more files than the cap', () => {
  const folder = mkdtempSync(join(tmpdir(), 'qlog-'));
  try {
    const qlog = new QlogFolder(folder);
    let made = 0;
    while (made < 5_000 && qlog.observer({ role: 'server' }) !== undefined) made += 1;
    assert.equal(made, 1000);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
