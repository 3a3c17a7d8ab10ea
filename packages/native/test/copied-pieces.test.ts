import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addon, nativeStatus } from '../src/addon.ts';

const skip = addon === undefined ? nativeStatus.reason : false;

const A = Uint8Array.from([1, 2, 3, 4, 5]);
const B = Uint8Array.from([11, 12, 13]);

/** Source, offset in it, offset in the buffer, length. */
function copy(rows: readonly (readonly number[])[], count: number = rows.length): number[] {
  const buffer = new Uint8Array(8);
  addon?.copyPieces(buffer, [A, B], Int32Array.from(rows.flat()), count);
  return [...buffer];
}

test('pieces of several sources are copied to their places', { skip }, () => {
  const rows = [
    [0, 1, 0, 3],
    [1, 0, 5, 3],
    [0, 4, 4, 1],
  ];
  assert.deepEqual(copy(rows), [2, 3, 4, 0, 5, 11, 12, 13]);
  assert.deepEqual(copy(rows, 1), [2, 3, 4, 0, 0, 0, 0, 0]);
  assert.deepEqual(copy([[0, 5, 8, 0]]), [0, 0, 0, 0, 0, 0, 0, 0]);
});

test('a piece of no octets may come from empty memory', { skip }, () => {
  const buffer = Uint8Array.of(7);
  addon?.copyPieces(buffer, [new Uint8Array()], Int32Array.of(0, 0, 0, 0), 1);
  addon?.copyPieces(new Uint8Array(), [new Uint8Array()], Int32Array.of(0, 0, 0, 0), 1);
  assert.deepEqual([...buffer], [7]);
});

test('a piece outside of its source or of the buffer throws before anything is copied', {
  skip,
}, () => {
  const wrong = [
    [2, 0, 0, 1],
    [-1, 0, 0, 1],
    [0, 5, 0, 1],
    [0, -1, 0, 1],
    [0, 0, 8, 1],
    [0, 0, -1, 1],
    [0, 0, 0, -1],
    [0, 0, 0, 6],
    [0, 0x7fffffff, 0, 1],
    [0, 0, 0x7fffffff, 0x7fffffff],
  ];
  for (const row of wrong) {
    const buffer = new Uint8Array(8);
    const rows = Int32Array.from([...[0, 0, 0, 5], ...row]);
    assert.throws(() => addon?.copyPieces(buffer, [A, B], rows, 2), RangeError, row.join(' '));
    assert.ok(buffer.every((octet) => octet === 0));
  }
  assert.throws(() => copy([[0, 0, 0, 1]], 2), RangeError, 'more rows than there are');
  const many = Array.from({ length: 9 }, () => A);
  assert.throws(() => addon?.copyPieces(A.slice(), many, new Int32Array(4), 1), RangeError);
});

test('where source and buffer are one, octets are copied as if by way of another', { skip }, () => {
  const buffer = Uint8Array.from([1, 2, 3, 4, 5, 6]);
  addon?.copyPieces(buffer, [buffer], Int32Array.from([0, 0, 2, 4]), 1);
  assert.deepEqual([...buffer], [1, 2, 1, 2, 3, 4]);
});

test('a list of sources that changes them while it is read does no harm', { skip }, () => {
  const first = new Uint8Array(5);
  const list = [first, B];
  Object.defineProperty(list, 1, {
    get: () => {
      structuredClone(first.buffer, { transfer: [first.buffer] });
      return B;
    },
  });
  const rows = Int32Array.from([0, 0, 0, 5]);
  assert.throws(() => addon?.copyPieces(new Uint8Array(8), list, rows, 1), RangeError);
});
