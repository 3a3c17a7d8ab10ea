/** Wrong lengths and offsets, memory that changed, handles that are gone: each throws, and nothing is touched. */
import assert from 'node:assert/strict';
import {
  detached,
  LABELS,
  openKeys,
  openSocket,
  resizableBuffer,
  SCRATCH,
  sealKeys,
} from './boundary-objects.ts';
import { native as addon, nativeTest } from './loopback.ts';

nativeTest('handles that were released, or never given, are refused', () => {
  const keys = sealKeys();
  const wrongDirection = openKeys();
  const buffer = new Uint8Array(100);
  const row = Int32Array.of(0, 11, 2, 30, 0, 1, 0, 0);
  addon.seal(keys, buffer, row, 1);
  addon.releaseKeys(keys);
  addon.releaseKeys(keys);
  const gone = { name: 'RangeError', code: 'ERR_OUT_OF_RANGE' };
  for (const handle of [keys, wrongDirection, 0, 1, 2 ** 53 - 1]) {
    assert.throws(() => addon.seal(handle, buffer, row, 1), gone);
  }
  assert.throws(() => addon.seal(-1, buffer, row, 1), gone);
  assert.throws(() => addon.deriveKeys(SCRATCH, 0, 0, 0, ...LABELS, keys), gone);
  const otherAead = addon.deriveKeys(SCRATCH, 0, 1, 0, ...LABELS, 0);
  assert.throws(() => addon.deriveKeys(SCRATCH, 0, 0, 0, ...LABELS, otherAead), gone);
  addon.releaseKeys(addon.deriveKeys(SCRATCH, 0, 1, 0, ...LABELS, otherAead));
  addon.releaseKeys(otherAead);
  assert.throws(() => addon.agree(SCRATCH, 12_345, 32), gone);
  assert.throws(() => addon.socketState(12_345), gone);
  addon.releaseKeys(wrongDirection);
});

nativeTest('a handle is never used twice', () => {
  const seen = new Set<number>();
  for (let i = 0; i < 1000; i++) {
    const keys = sealKeys();
    assert.ok(!seen.has(keys));
    seen.add(keys);
    addon.releaseKeys(keys);
  }
});

nativeTest('a key share and a socket are gone after their last use', () => {
  const share = addon.generateKeyShare(SCRATCH, 0);
  assert.equal(addon.agree(SCRATCH, share, 32), 32);
  assert.throws(() => addon.agree(SCRATCH, share, 32), RangeError);
  const socket = openSocket();
  addon.closeSocket(socket);
  assert.throws(() => addon.closeSocket(socket), RangeError);
  assert.throws(
    () => addon.send(socket, new Uint8Array(1), 0, 1, 1, 0, new Int32Array(16)),
    RangeError,
  );
});

nativeTest('what is released is gone: nothing piles up', () => {
  const before = addon.liveObjects();
  for (let i = 0; i < 100; i++) {
    const keys = sealKeys();
    addon.releaseKeyShare(addon.generateKeyShare(SCRATCH, 1));
    addon.closeSocket(openSocket());
    addon.releaseKeys(keys);
  }
  assert.equal(addon.liveObjects(), before);
});

nativeTest('a seal table is checked whole before the first packet is touched', () => {
  const keys = sealKeys();
  const good = [0, 11, 2, 30, 0, 1, 0, 0];
  const bad: readonly (readonly number[])[] = [
    [-1, 11, 2, 30, 0, 1, 0, 0],
    [44, 11, 2, 30, 0, 1, 0, 0],
    [2 ** 31 - 1, 11, 2, 30, 0, 1, 0, 0],
    [0, 2, 2, 30, 0, 1, 0, 0],
    [0, 11, 0, 30, 0, 1, 0, 0],
    [0, 11, 5, 30, 0, 1, 0, 0],
    [0, 11, 2, -1, 0, 1, 0, 0],
    [0, 11, 2, 1, 0, 1, 0, 0],
    [0, -5, 2, 30, 0, 1, 0, 0],
    [0, 2 ** 31 - 1, 2, 2 ** 31 - 1, 0, 1, 0, 0],
  ];
  for (const row of bad) {
    const buffer = new Uint8Array(100).fill(7);
    assert.throws(() => addon.seal(keys, buffer, Int32Array.of(...good, ...row), 2), RangeError);
    assert.ok(
      buffer.every((octet) => octet === 7),
      row.join(),
    );
  }
  const buffer = new Uint8Array(100);
  assert.throws(() => addon.seal(keys, buffer, Int32Array.of(...good), 2), RangeError);
  assert.throws(() => addon.seal(keys, buffer, Int32Array.of(...good), 2 ** 31), RangeError);
  addon.seal(keys, buffer.subarray(0, 57), Int32Array.of(...good), 1);
  assert.throws(() => addon.seal(keys, buffer.subarray(0, 56), Int32Array.of(...good), 1));
  addon.releaseKeys(keys);
});

nativeTest('packets to open lie inside of their buffer', () => {
  const keys = openKeys();
  const buffer = new Uint8Array(100);
  for (const [offset, number] of [
    [0, 0],
    [50, 50],
    [50, 10],
    [0, 81],
    [2 ** 30, 2 ** 30],
    [-1, 5],
    [0.5, 5],
  ] as const) {
    assert.throws(() => addon.unmask(keys, buffer, offset, number), RangeError);
  }
  addon.unmask(keys, buffer, 0, 80);
  assert.throws(() => addon.open(keys, buffer, 1, 20, 100, 0, 0), RangeError);
  assert.throws(() => addon.open(keys, buffer, 0, 20, 100, 0, 2 ** 53), RangeError);
  assert.throws(() => addon.open(keys, buffer, 0, 20, 100, 2 ** 32, 0), RangeError);
  assert.throws(() => addon.open(keys, buffer, Number.NaN, 20, 100, 0, 0), RangeError);
  assert.throws(() => addon.openShort(keys, buffer, 0, 81, 100, 0, -1, 0), RangeError);
  assert.throws(() => addon.openShort(keys, buffer, 1, 20, 100, 0, -1, 0), RangeError);
  assert.throws(() => addon.openShort(keys, buffer, 20, 20, 60, 0, -1, 0), RangeError);
  assert.throws(() => addon.openShort(keys, buffer, 0, 20, 100, 0, -2, 0), RangeError);
  assert.equal(addon.open(keys, buffer, 0, 85, 100, 0, 0), -1, 'shorter than a tag');
  assert.equal(addon.open(keys, buffer, 0, 2 ** 30, 100, 0, 0), -1);
  addon.releaseKeys(keys);
});

nativeTest('runs to send lie inside of their buffer', () => {
  const socket = openSocket();
  const buffer = new Uint8Array(100);
  const row = new Int32Array(16);
  const send = (start: number, length: number, segmentSize: number, ecn = 0): number =>
    addon.send(socket, buffer, start, length, segmentSize, ecn, row);
  assert.throws(() => send(0, 101, 10), RangeError);
  assert.throws(() => send(50, 51, 10), RangeError);
  assert.throws(() => send(-1, 10, 10), RangeError);
  assert.throws(() => send(0, 10, 0), RangeError);
  assert.throws(() => send(0, 10, 65_536), RangeError);
  assert.throws(() => send(0, 10, 10, 4), RangeError);
  assert.throws(() => addon.send(socket, buffer, 0, 1, 1, 0, row.subarray(1)), RangeError);
  assert.ok(send(0, 10, 10) < 0, 'no address: the system refuses');
  addon.closeSocket(socket);
});

nativeTest('lengths of scratch memory are checked', () => {
  assert.throws(() => addon.hash(SCRATCH, 0, 4097), RangeError);
  assert.throws(() => addon.hash(SCRATCH, 2, 10), RangeError);
  assert.throws(() => addon.hmac(SCRATCH, 0, 4096, 1), RangeError);
  assert.throws(() => addon.advanceKeySchedule(SCRATCH, 0, 6, 32), RangeError);
  assert.throws(() => addon.advanceKeySchedule(SCRATCH, 0, 1, 4097 - 2 * 48), RangeError);
  assert.throws(() => addon.finishedMac(SCRATCH, 2), RangeError);
  assert.throws(() => addon.hash(new Uint8Array(4095), 0, 10), RangeError);
  assert.throws(() => addon.deriveKeys(SCRATCH, 0, 0, 0, 'x'.repeat(33), 'y', 'z', 0), RangeError);
  assert.throws(() => addon.deriveKeys(SCRATCH, 0, 0, 0, '', 'y', 'z', 0), RangeError);
  assert.throws(() => addon.deriveKeys(SCRATCH, 0, 3, 0, 'x', 'y', 'z', 0), RangeError);
});

nativeTest('detached buffers are as if they were empty', () => {
  const keys = sealKeys();
  const row = Int32Array.of(0, 11, 2, 30, 0, 1, 0, 0);
  assert.throws(() => addon.seal(keys, detached(100), row, 1), RangeError);
  structuredClone(row.buffer, { transfer: [row.buffer] });
  assert.throws(() => addon.seal(keys, new Uint8Array(100), row, 1), RangeError);
  addon.releaseKeys(keys);
});

nativeTest('memory that shrank is what is left of it', () => {
  const keys = sealKeys();
  const row = Int32Array.of(0, 11, 2, 30, 0, 1, 0, 0);
  const buffer = resizableBuffer(200, 200);
  const tracking = new Uint8Array(buffer);
  const fixed = new Uint8Array(buffer, 100, 100);
  for (const view of [tracking, fixed]) addon.seal(keys, view, row, 1);
  buffer.resize(150);
  addon.seal(keys, tracking, row, 1);
  assert.throws(() => addon.seal(keys, fixed, row, 1), RangeError, 'it is outside now');
  buffer.resize(56);
  assert.throws(() => addon.seal(keys, tracking, row, 1), RangeError);
  const table = resizableBuffer(32, 32);
  const words = new Int32Array(table);
  words.set(row);
  addon.seal(keys, new Uint8Array(100), words, 1);
  table.resize(31);
  assert.throws(() => addon.seal(keys, new Uint8Array(100), words, 1), RangeError);
  addon.releaseKeys(keys);
});

nativeTest('a table that another thread could change after it was checked is refused', () => {
  const keys = sealKeys();
  const socket = openSocket();
  const row = new Int32Array(new SharedArrayBuffer(64));
  const buffer = new Uint8Array(new SharedArrayBuffer(100));
  const refused = { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' };
  row.set([0, 11, 2, 30, 0, 1, 0, 0]);
  assert.throws(() => addon.seal(keys, buffer, row, 1), refused);
  assert.throws(() => addon.copyPieces(buffer, [buffer], row, 1), refused);
  assert.throws(() => addon.send(socket, buffer, 0, 1, 1, 0, row), refused);
  // Octets in shared memory are taken: no check relies on what they are.
  addon.seal(keys, buffer, row.slice(), 1);
  addon.copyPieces(new Uint8Array(100), [buffer], Int32Array.of(0, 0, 0, 100), 1);
  addon.closeSocket(socket);
  addon.releaseKeys(keys);
});

nativeTest('scratch memory that was detached is refused', () => {
  const scratch = new Uint8Array(4096);
  structuredClone(scratch.buffer, { transfer: [scratch.buffer] });
  assert.throws(() => addon.hash(scratch, 0, 10), RangeError);
  assert.throws(() => addon.generateKeyShare(scratch, 0), RangeError);
  assert.throws(() => addon.deriveKeys(scratch, 0, 0, 0, ...LABELS, 0), RangeError);
});

nativeTest('a receive slab that was detached is an error of the socket', async () => {
  const local = new Int32Array(16);
  local[4] = 4;
  local[6] = 0x0100007f;
  const slab = new Uint8Array(65_536);
  const table = new Int32Array(16);
  let socket = 0;
  const report = await new Promise<readonly number[]>((resolve) => {
    socket = addon.openSocket(local, new Int32Array(16), 0, 0, 8, 3, 1, 0, slab, table, (...of) => {
      addon.closeSocket(socket);
      resolve(of);
    });
    structuredClone(slab.buffer, { transfer: [slab.buffer] });
    addon.send(socket, new Uint8Array(10), 0, 10, 10, 0, local);
  });
  assert.deepEqual(report, [2, 14], 'failed, EFAULT');
});

nativeTest('keys in scratch memory are wiped once they are installed', () => {
  const scratch = new Uint8Array(4096).fill(9, 0, 48);
  addon.releaseKeys(addon.createKeys(scratch, 0, 0));
  assert.ok(scratch.subarray(0, 44).every((octet) => octet === 0));
  scratch.fill(9, 0, 48);
  addon.releaseKeys(addon.deriveKeys(scratch, 0, 0, 0, ...LABELS, 0));
  assert.ok(scratch.every((octet) => octet === 0));
});
