import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  LONG_OFFSET,
  streamFrameHeaderLength,
  writeFirstStreamFrameHeader,
  writeNextStreamFrameHeader,
  writeStreamFrameHeader,
} from '../src/wire/data-codecs.ts';

const SIZE = 40;

/** The header by itself, at the front of an array of {@link SIZE} octets. */
function header(streamId: number, offset: number): Uint8Array {
  const octets = new Uint8Array(SIZE);
  writeStreamFrameHeader(octets, 0, streamId, offset, undefined, false);
  return octets;
}

const offsets = fc.oneof(
  fc.nat(20_000),
  fc.integer({ min: LONG_OFFSET - 5000, max: LONG_OFFSET + 5000 }),
  fc.maxSafeNat(),
  // Where a sum is carried over many octets.
  fc
    .integer({ min: 16, max: 52 })
    .chain((bits) => fc.integer({ min: -3000, max: 3000 }).map((x) => 2 ** bits + x)),
);

test('headers of frames in a row are those that are written one by one', () => {
  fc.assert(
    fc.property(
      fc.nat(70_000),
      offsets,
      fc.integer({ min: 1, max: 65_535 }),
      (streamId, offset, length) => {
        const buffer = new Uint8Array(3 * SIZE);
        const first = { streamId, offset };
        const at = writeFirstStreamFrameHeader(buffer, SIZE, first);
        assert.equal(at - SIZE, streamFrameHeaderLength(streamId, offset, undefined));
        assert.deepEqual(buffer.subarray(SIZE, 2 * SIZE), header(streamId, offset));
        const next = offset + length;
        if (next > Number.MAX_SAFE_INTEGER) return;
        if (streamFrameHeaderLength(streamId, next, undefined) !== at - SIZE) return;
        writeNextStreamFrameHeader(buffer, 2 * SIZE, SIZE, at - SIZE, length);
        assert.deepEqual(buffer.subarray(2 * SIZE), header(streamId, next));
        assert.deepEqual(buffer.subarray(0, SIZE), new Uint8Array(SIZE), 'nothing in front');
      },
    ),
    { numRuns: 1000 },
  );
});

test('from LONG_OFFSET on all offsets are equally long', () => {
  const longest = streamFrameHeaderLength(4, Number.MAX_SAFE_INTEGER, undefined);
  assert.equal(streamFrameHeaderLength(4, LONG_OFFSET, undefined), longest);
  assert.ok(streamFrameHeaderLength(4, LONG_OFFSET - 1, undefined) < longest);
});
