import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Address, Ecn, fromUtf8, type Transmit, utf8 } from '@mpquic/wire';
import { TransmitBatch } from '../src/transmit-batch.ts';

const HERE: Address = { host: '192.0.2.1', port: 1 };
const THERE: Address = { host: '192.0.2.2', port: 2 };
const ELSEWHERE: Address = { host: '192.0.2.3', port: 3 };

/** A batch, and the datagrams of each run that it sent. */
function collecting(taken = true): { readonly batch: TransmitBatch; readonly runs: string[][] } {
  const runs: string[][] = [];
  const batch = new TransmitBatch((run) => {
    runs.push(datagramsOf(run));
    return taken;
  });
  return { batch, runs };
}

function datagramsOf({ buffer, start, length, segmentSize, datagrams }: Transmit): string[] {
  const parts: string[] = [];
  for (let at = start; at < start + length; at += segmentSize) {
    parts.push(fromUtf8(buffer.subarray(at, Math.min(at + segmentSize, start + length))));
  }
  assert.equal(parts.length, datagrams);
  return parts;
}

/** As a machine writes a run. */
function write(
  batch: TransmitBatch,
  datagrams: string[],
  remote = THERE,
  ecn: Ecn = Ecn.ect0,
): void {
  const { next } = batch;
  const octets = utf8(datagrams.join(''));
  next.buffer.set(octets, next.start);
  next.length = octets.length;
  next.segmentSize = datagrams.length === 1 ? 1350 : (datagrams[0] as string).length;
  next.datagrams = datagrams.length;
  next.local = HERE;
  next.remote = remote;
  next.ecn = ecn;
}

function add(batch: TransmitBatch, datagrams: string[], remote = THERE, ecn: Ecn = Ecn.ect0): void {
  write(batch, datagrams, remote, ecn);
  batch.add(true);
}

test('datagrams of one size for one place are one run', () => {
  const { batch, runs } = collecting();
  add(batch, ['aaaa']);
  add(batch, ['bbbb', 'cccc']);
  add(batch, ['dddd']);
  assert.deepEqual(runs, []);
  batch.flush();
  batch.flush();
  assert.deepEqual(runs, [['aaaa', 'bbbb', 'cccc', 'dddd']]);
});

test('a shorter datagram ends a run, a longer one begins the next', () => {
  const { batch, runs } = collecting();
  add(batch, ['aaaa']);
  add(batch, ['bb']);
  assert.deepEqual(runs, [['aaaa', 'bb']]);
  add(batch, ['cc']);
  add(batch, ['dddd']);
  assert.deepEqual(runs.slice(1), [['cc']]);
  add(batch, ['ee', 'ff']);
  assert.deepEqual(runs.slice(2), [['dddd']], 'only one shorter datagram ends a run');
  batch.flush();
  assert.deepEqual(runs.slice(3), [['ee', 'ff']]);
});

test('other ways and other marks are runs of their own, in order', () => {
  const { batch, runs } = collecting();
  add(batch, ['aaaa']);
  add(batch, ['bbbb'], ELSEWHERE);
  add(batch, ['cccc'], ELSEWHERE, Ecn.notEct);
  batch.flush();
  assert.deepEqual(runs, [['aaaa'], ['bbbb'], ['cccc']]);
});

test('what is not to wait takes along what waits', () => {
  const { batch, runs } = collecting();
  add(batch, ['aaaa']);
  write(batch, ['bbbb']);
  batch.add(false);
  assert.deepEqual(runs, [['aaaa', 'bbbb']]);
});

test('so much waits, not more', () => {
  const { batch, runs } = collecting();
  for (let i = 0; i < 40; i++) add(batch, ['aaaa']);
  assert.deepEqual(
    runs.map((run) => run.length),
    [16, 16],
  );
  batch.flush();
  assert.equal(runs[2]?.length, 8);
});

test('there is always room for a run of 64 KiB', () => {
  const { batch, runs } = collecting();
  for (let i = 0; i < 100; i++) {
    assert.ok(batch.next.buffer.length - batch.next.start >= 65_536);
    add(batch, [String(i % 10).repeat(9000 + (i >> 4))]);
  }
  batch.flush();
  assert.deepEqual(
    runs.flat().map((datagram) => datagram.length),
    Array.from({ length: 100 }, (_, i) => 9000 + (i >> 4)),
  );
});

test('octets that a socket refers to stay as they are', () => {
  const sent: Transmit[] = [];
  const batch = new TransmitBatch((run) => {
    sent.push({ ...run });
    return false;
  });
  add(batch, ['aaaa']);
  add(batch, ['bbbbbb']);
  batch.flush();
  for (let i = 0; i < 3; i++) {
    add(batch, ['cccc']);
    batch.flush();
  }
  assert.deepEqual(sent.flatMap(datagramsOf), ['aaaa', 'bbbbbb', 'cccc', 'cccc', 'cccc']);
});
