import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TransportError } from '../src/transport-error.ts';
import { FrameReader } from '../src/wire/frame-reader.ts';
import { soleDatagram } from '../src/wire/sole-datagram.ts';

/** Octets that often are a DATAGRAM frame. */
const payload = fc
  .tuple(
    fc.integer({ min: 0x2f, max: 0x32 }),
    fc.constantFrom(0x00, 0x40, 0x41, 0x80, 0xc0),
    fc.integer({ min: 0, max: 40 }),
    fc.array(fc.nat(255), { minLength: 0, maxLength: 40 }),
  )
  .map(([type, high, low, rest]) => Uint8Array.of(type, high, low, ...rest));

test('whatever is read as a sole DATAGRAM frame is one, and the frame reader reads the same', () => {
  let read = 0;
  fc.assert(
    fc.property(payload, (octets) => {
      const start = soleDatagram(octets, 0, octets.length);
      if (start < 0) return;
      read += 1;
      const reader = new FrameReader();
      reader.begin('application', octets, 0, octets.length);
      const frame = reader.next();
      assert.ok(frame?.type === 'datagram');
      assert.deepEqual([frame.dataStart, frame.dataEnd], [start, octets.length]);
      assert.equal(reader.next(), undefined);
    }),
    { numRuns: 2_000 },
  );
  assert.ok(read > 100, `${read} of 2,000`);
});

test('a frame behind it, or none of it, is left to the frame reader', () => {
  const cases = [[], [0x31], [0x31, 0x40], [0x31, 0x40, 1], [0x31, 0x40, 1, 7, 0], [0x31, 1, 7]];
  for (const octets of cases) {
    assert.equal(soleDatagram(Uint8Array.from(octets), 0, octets.length), -1);
  }
  assert.equal(soleDatagram(Uint8Array.of(0x30), 0, 1), 1, 'an empty one');
  assert.throws(() => {
    const reader = new FrameReader();
    reader.begin('application', Uint8Array.of(0x31, 0x40, 1), 0, 3);
    reader.next();
  }, TransportError);
});
