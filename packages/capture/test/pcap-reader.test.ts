import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concatBytes, fromHex } from '@mpquic/wire';
import fc from 'fast-check';
import { CaptureError, readCapture } from '../src/index.ts';
import { integers } from './integers.ts';

function pcap(isLittle: boolean, magic: number, linkType: number, fraction: number): Uint8Array {
  return concatBytes(
    integers(isLittle, [4, magic], [2, 2], [2, 4], [4, 0], [4, 0], [4, 65535], [4, linkType]),
    integers(isLittle, [4, 1_700_000_000], [4, fraction], [4, 3], [4, 90]),
    fromHex('aabbcc'),
    integers(isLittle, [4, 1_700_000_001], [4, 0], [4, 0], [4, 0]),
  );
}

test('pcap is read in both byte orders, with microseconds and nanoseconds', () => {
  for (const isLittle of [true, false]) {
    for (const [magic, fraction] of [
      [0xa1b2c3d4, 250_000],
      [0xa1b23c4d, 250_000_000],
    ] as const) {
      const capture = readCapture(pcap(isLittle, magic, 101, fraction));
      assert.equal(capture.problem, undefined);
      assert.equal(capture.packets.length, 2);
      const [first] = capture.packets;
      assert.equal(first?.number, 1);
      assert.equal(first.time, 1_700_000_000_250_000);
      assert.equal(first.linkType, 101);
      assert.equal(first.originalLength, 90);
      assert.deepEqual([...first.data], [0xaa, 0xbb, 0xcc]);
    }
  }
});

test('a pcap that is cut short gives the packets before, and says so', () => {
  const file = pcap(true, 0xa1b2c3d4, 1, 0);
  for (const cut of [1, 15]) {
    const capture = readCapture(file.subarray(0, file.length - cut));
    assert.equal(capture.packets.length, 1);
    assert.equal(capture.problem, 'packet 2 is cut short');
  }
});

test('any octets are a capture or a CaptureError', () => {
  const start = fc.constantFrom(
    '',
    'd4c3b2a1',
    'a1b2c3d4',
    '0a0d0d0a1c0000004d3c2b1a01000000ffffffffffffffff1c000000',
    '0a0d0d0a0000001c1a2b3c4d00010000ffffffffffffffff0000001c0000000100000014006500000000000000000014',
  );
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 100 }), (head, tail) => {
      try {
        readCapture(concatBytes(fromHex(head), tail));
      } catch (error) {
        assert.ok(error instanceof CaptureError, String(error));
      }
    }),
    { numRuns: 2000 },
  );
  assert.throws(() => readCapture(new Uint8Array(100)), CaptureError);
});
